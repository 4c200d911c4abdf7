"""Debian's machine-readable copyright files (copyright format 1.0, once DEP-5): which licence a package's files have.

Each `Files` paragraph names patterns and a licence; for a file the *last* paragraph that matches it counts, so that later
ones are exceptions from earlier ones. The maintainer of a package writes the file about the work of others: a third party
to the text, who is read because nobody else says it as exactly, and never believed alone. Files of before the format are
prose; they are evidence for people and make a claim that blocks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pile_assets.licensing.extract import globs, statements
from pile_assets.licensing.model import Claim, Kind, Reading

LARGEST = 8 * 1024 * 1024
_FORMAT = re.compile(
    r"^Format(?:-Specification)?:[ \t]*\S*(?:copyright-format|dep-?5|CopyrightFormat)", re.MULTILINE | re.IGNORECASE
)
_FIELD = re.compile(r"^(?P<name>[A-Za-z][A-Za-z-]*):[ \t]*(?P<value>[^\n]*(?:\n[ \t]+[^\n]*)*)", re.MULTILINE)
PROSE = "free-form"
"""Rule of the reading of a copyright file of before the format: prose, which nothing here understands."""


@dataclass(frozen=True)
class Paragraph:
    """One `Files` paragraph: its patterns and the first line of its `License` field ("" where it has none)."""

    files: tuple[str, ...]
    licence: str


def paragraphs(text: str) -> tuple[Paragraph, ...] | None:
    """The `Files` paragraphs in order; None where the text is not in the format."""
    if len(text) > LARGEST or not _FORMAT.search(text[:4_000]):
        return None
    return tuple(_paragraphs(text))


def _paragraphs(text: str) -> Iterator[Paragraph]:
    for block in re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n")):
        fields = {match["name"].lower(): match["value"] for match in _FIELD.finditer(block)}
        if "files" in fields:
            yield Paragraph(tuple(fields["files"].split()), fields.get("license", "").split("\n", 1)[0].strip())


def of_file(text: str, path: str, where: str, sha256: str = "") -> tuple[Claim, ...]:
    """What a copyright file says of one file of its package: the last paragraph that matches `path`."""
    found = paragraphs(text)
    if found is None:
        return _prose(text, where, sha256)
    matching = [paragraph for paragraph in found if any(globs.debian(pattern, path) for pattern in paragraph.files)]
    return _claims(matching[-1:], where, sha256, "file", path)


def of_package(text: str, where: str, sha256: str = "") -> tuple[Claim, ...]:
    """Every licence a copyright file names for any text of its package, all of which bind a document made of the whole."""
    found = paragraphs(text)
    if found is None:
        return _prose(text, where, sha256)
    return _claims([paragraph for paragraph in found if paragraph.files != ("debian/*",)], where, sha256, "file", "")


def _claims(found: Sequence[Paragraph], where: str, sha256: str, kind: Kind, scope: str) -> tuple[Claim, ...]:
    return statements.distinct(
        claim
        for paragraph in found
        for claim in statements.stated(
            paragraph.licence,
            "debian-copyright",
            f"{where} Files: {' '.join(paragraph.files)[:80]}",
            kind=kind,
            scope=scope,
            who="third-party",
            sha256=sha256,
        )
    )


def _prose(text: str, where: str, sha256: str) -> tuple[Claim, ...]:
    return (Claim("file", "", statements.excerpt(text), Reading("unresolved", PROSE), "third-party", where, sha256),)
