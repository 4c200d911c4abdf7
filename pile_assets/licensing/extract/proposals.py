"""Proposals that license themselves one by one: PEPs, BIPs and EIPs; and Rust's RFCs, which do not.

Each series has a field or a closing section of its own. A proposal without it says nothing about its licence, whatever
the file LICENSE of its repository says of the rest: series were started without one, and their old documents were never
relicensed. A stub that only says where its proposal has moved is not a proposal.
"""

import re
from collections.abc import Iterator

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import restructured_text

_HEADER = 8_000
"""Characters. The `<pre>` or fenced header of a BIP ends within so many."""

_BIP_BLOCK = re.compile(r"\s*(?:<pre>|```[a-z]*)\s*\n(?P<fields>.*?)\n[ \t]*(?:</pre>|```)", re.DOTALL)
_BIP_FIELD = re.compile(r"^[ \t]*License:[ \t]*(?P<first>[^\n]*)(?P<more>(?:\n[ \t]{8,}[^\n:]+$)*)", re.MULTILINE)
_COPYRIGHT = re.compile(r"^(?:#{1,3}[ \t]+copyright[^\n]*|==+[ \t]*copyright[ \t]*==+[ \t]*)$", re.MULTILINE | re.IGNORECASE)
_NEXT_HEADING = re.compile(r"^(?:#{1,6}[ \t]|==+[^=\n]+==+[ \t]*$)", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_DEFINITION = re.compile(r"^\[[^\]\n]+\]:[^\n]*$", re.MULTILINE)


def of_pep(text: str, path: str, sha256: str = "", *, plain: bool = False) -> tuple[Claim, ...]:
    """What a PEP's own Copyright sections say; `plain` for the form of before reStructuredText (PEP 9)."""
    find = restructured_text.plain_sections if plain else restructured_text.sections
    return statements.distinct(
        claim
        for body in find(text, "Copyright")
        if (raw := restructured_text.prose(body))
        for claim in statements.stated(raw, "pep-copyright", f"{path} Copyright", scope=path, sha256=sha256)
    )


def of_bip(text: str, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """The `License` headers of a BIP; `License-Code` is for code beside the text, kept as a notice.

    Where the header has none, a Copyright section is the older place for the same.
    """
    block = _BIP_BLOCK.match(text[:_HEADER])
    fields = block["fields"] if block else ""
    found = [" ".join(f"{field['first']} {field['more']}".split()) for field in _BIP_FIELD.finditer(fields)]
    claims = [claim for raw in found for claim in _stated(raw, "bip-license", f"{path} License", path, sha256)]
    if not found:
        claims = [claim for raw in _sections(text) for claim in _stated(raw, "text", f"{path} Copyright", path, sha256)]
    return statements.distinct(claims)


def of_eip(text: str, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """The Copyright section of an EIP or ERC: its waiver, without link definitions and comments that follow it."""
    return statements.distinct(
        claim for raw in _sections(text) for claim in _stated(raw, "eip-copyright", f"{path} Copyright", path, sha256)
    )


def moved(text: str) -> bool:
    """Whether an EIP is a stub that only tells where its proposal is now."""
    front = text.split("\n---", 1)[0]
    return re.search(r"^status:[ \t]*Moved[ \t]*$", front, re.MULTILINE) is not None


def of_rust_rfcs(readme: str, path: str, sha256: str = "") -> tuple[Claim, ...]:
    """The License section of the repository of Rust's RFCs, about all of them: only "some parts" are licensed, it says.

    The whole section is the statement, and it is read as free text: a plan to license is not a licence.
    """
    section = re.search(r"^#+[ \t]*License[ \t]*$(?P<body>.*?)(?=^#+[ \t]|\Z)", readme, re.MULTILINE | re.DOTALL)
    if section is None:
        return ()
    raw = " ".join(_DEFINITION.sub("", section["body"]).split())
    return statements.stated(raw, "text", f"{path} License", kind="whole", sha256=sha256) if raw else ()


def _sections(text: str) -> Iterator[str]:
    for heading in _COPYRIGHT.finditer(text):
        after = _NEXT_HEADING.search(text, heading.end())
        body = text[heading.end() : after.start() if after else len(text)]
        if words := " ".join(_DEFINITION.sub("", _COMMENT.sub("", body)).split()):
            yield words


def _stated(raw: str, context: str, where: str, path: str, sha256: str) -> tuple[Claim, ...]:
    return statements.stated(raw, context, where, scope=path, sha256=sha256)
