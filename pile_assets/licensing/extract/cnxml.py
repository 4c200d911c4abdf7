"""OpenStax books as git trees: what COLLXML collections, CNXML modules, the LICENSE file and the README declare.

A book declares its licence in several places that are changed at different times: in March 2026 the LICENSE file of one
turned to NonCommercial seven weeks before its collection did. So none of them is nearer than another: all speak for the
whole version, and the verdict on it is that of the most restrictive. A module that declares a licence of its own (older
CNXML does) does not get away from the book's either.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from pile_assets.licensing import claims
from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import xml

LARGEST = 8 * 1024 * 1024
"""Bytes of a collection or module. Collections of 2025 have 5 to 30 kB, modules up to 500 kB."""

_LICENCE = "{http://cnx.rice.edu/mdml}license"
_COLLECTION = re.compile(r"collections/[^/]+\.collection\.xml")
_MODULE = re.compile(r"modules/[^/]+/index\.cnxml")
_SECTION = re.compile(r"^#+[ \t]*licen[cs]e[ \t]*#*[ \t]*\n+(?P<first>[^\n#][^\n]*)", re.MULTILINE | re.IGNORECASE)
_GRANT = re.compile(
    r"\bis (?:available|licensed|published) under (?:the |an? )?\[(?P<name>[^\]]+)\](?:\([^)]*\))?", re.IGNORECASE
)


def of_book(files: Mapping[str, bytes]) -> tuple[Claim, ...]:
    """The claims of one version of a book. `files` are its files by path, below the one folder git archives start with."""
    return statements.distinct(
        claim for path in sorted(files) for claim in _of_file(path, files[path], hashlib.sha256(files[path]).hexdigest())
    )


def _of_file(path: str, content: bytes, sha256: str) -> Iterator[Claim]:
    if _COLLECTION.fullmatch(path):
        yield from _declared(path, "", content, sha256)
    elif _MODULE.fullmatch(path):
        yield from _declared(path, path, content, sha256)
    elif "/" not in path and claims.is_licence_file(path):
        yield from claims.from_licence_file(path, content.decode("utf-8", errors="replace"), "", sha256)
    elif PurePosixPath(path).stem.lower() == "readme" and "/" not in path:
        yield from _of_readme(path, content.decode("utf-8", errors="replace"), sha256)


def _declared(path: str, scope: str, content: bytes, sha256: str) -> tuple[Claim, ...]:
    """Every `md:license` of one XML file, address and words together; a module without one says nothing."""
    if scope and b"license" not in content:
        return ()
    where = f"{path} md:license"
    try:
        root = xml.parse(content, LARGEST)
    except xml.UnreadableXml as error:
        return statements.unreadable(error, where, kind="whole", scope=scope, sha256=sha256)
    stated = [
        f"{element.get('url') or ''} {''.join(str(words) for words in element.itertext())}" for element in root.iter(_LICENCE)
    ]
    return tuple(
        claim for raw in stated for claim in statements.stated(raw, "text", where, kind="whole", scope=scope, sha256=sha256)
    )


def _of_readme(path: str, text: str, sha256: str) -> Iterator[Claim]:
    """The sentence of the README's License section; in another form it makes no claim, because LICENSE does."""
    section = _SECTION.search(text)
    if section and (grant := _GRANT.search(section["first"])):
        yield from statements.stated(grant["name"], "text", f"{path} License", kind="whole", sha256=sha256)
