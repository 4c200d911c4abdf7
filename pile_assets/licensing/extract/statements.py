"""How every extractor makes its claims: one statement at one place, read by the vocabulary of that place."""

from collections.abc import Iterable

from pile_assets.licensing import normalise
from pile_assets.licensing.model import SILENT, Claim, Kind, Reading, Speaker

LONGEST = 500
"""Characters of a statement that a claim quotes."""
UNREADABLE = "unreadable"
"""Rule of the reading of a file that could not be parsed: what it says of its licence is not known, so it blocks."""


def stated(
    raw: str,
    context: str,
    where: str,
    *,
    kind: Kind = "file",
    scope: str = "",
    who: Speaker = "rightsholder",
    sha256: str = "",
) -> tuple[Claim, ...]:
    """The claim that `raw` makes, read as `context` reads it; empty where it says nothing about a licence."""
    reading = normalise.read(raw, context)
    return () if reading.rule == SILENT else (Claim(kind, scope, excerpt(raw), reading, who, where, sha256),)


def unreadable(
    why: object, where: str, *, kind: Kind = "file", scope: str = "", who: Speaker = "rightsholder", sha256: str = ""
) -> tuple[Claim, ...]:
    """The claim in the place of one that could not be read, because its file is damaged or of an unknown kind."""
    return (Claim(kind, scope, excerpt(str(why)), Reading("unresolved", UNREADABLE), who, where, sha256),)


NAMELESS = "a record without an identifier"
"""The scope of what such a record says: no document. An empty scope would be about all of them."""


def named(identifier: object) -> str:
    """The scope of what a record says about the one document it describes."""
    return str(identifier or "") or NAMELESS


def excerpt(raw: str) -> str:
    """As much of a statement as a claim quotes, in one line."""
    return " ".join(raw.split())[:LONGEST]


def distinct(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The claims in order, each once."""
    return tuple(dict.fromkeys(claims))
