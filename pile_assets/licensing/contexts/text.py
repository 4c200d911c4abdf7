"""Short free text about a licence, from anywhere: names, addresses, one-sentence grants. Longer texts are unresolved.

A statement is read as a whole or not at all: every word of it is part of a name, of an address or of the grant's own
sentence. A reservation anywhere in it vetoes it, because which part a document is cannot be read from the statement.
"""

import html
import re
from collections.abc import Sequence

from pile_assets.licensing import addresses, creative_commons, expressions, names, reservations
from pile_assets.licensing.model import Reading

LONGEST = 600
"""Characters. A longer text is an article or a licence, not a statement."""

_GRANT = (
    r"(?:(?:this|the) (?:work|text|page|site|content|article|document|material|file|software|package|project)s? (?:is|are) )?"
    r"(?:licensed|available|released|published|distributed|provided|made available) "
    r"(?:under|with) (?:the terms of )?(?:the |an? )?"
)
_SENTENCE = re.compile(_GRANT + r"(?P<name>.+)")
_CARRIER = re.compile(
    rf"(?:{_GRANT.replace('(?:the |an? )?', '(?:the |an? )?(?:following )?(?:license)?')}|license|see|licensed)? ?:?"
)
_TWICE = re.compile(r"(?P<name>[^()]+?) ?\((?P<short>[^()]+)\)")


def read(raw: str) -> Reading:
    """What one short statement says; unresolved where the closed tables do not know it as a whole."""
    text = re.sub(r"\s+", " ", html.unescape(raw)).strip()
    if not text:
        return Reading("unresolved", "empty")
    if known := names.read(text):
        return known
    if len(text) > LONGEST:
        return Reading("unresolved", "too-long")
    if reservations.partial(text):
        return Reading("conflict", "reservation")
    return _address(text) or _name(names.phrase(text)) or _expression(text) or Reading("unresolved", "unknown")


def together(stated: Sequence[Reading], rule: str) -> Reading:
    """One reading of several that speak of the same thing: the most exact, where all others say that or less."""
    if not stated:
        return Reading("unresolved", rule)
    if failed := next((reading for reading in stated if reading.status in ("conflict", "unresolved")), None):
        return failed
    exact = list(dict.fromkeys(reading for reading in stated if reading.spdx))
    families = {reading.family for reading in stated if not reading.spdx}
    if len({reading.spdx for reading in exact}) > 1 or len(families | {_family(reading) for reading in exact}) > 1:
        return Reading("conflict", rule)
    return exact[0] if exact else stated[0]


def _address(text: str) -> Reading | None:
    """The licence at an address, where the words around it name the same licence or carry no meaning of their own."""
    reading = addresses.read(text)
    if reading is None or reading.status == "conflict":
        return reading
    words = names.phrase(addresses.without(text))
    if _CARRIER.fullmatch(words):
        return reading
    named = _name(words)
    if named and (named.spdx == reading.spdx or (named.spdx is None and named.family == _family(reading))):
        return reading
    return Reading("conflict" if named else "unresolved", "words-beside-address")


def _family(reading: Reading) -> str | None:
    return reading.family or (names.family_of(reading.spdx) if reading.spdx else None)


def _name(phrase: str) -> Reading | None:
    """A name as it stands, a name inside a one-sentence grant, or a name with its own short form in brackets."""
    if match := _SENTENCE.fullmatch(phrase):
        return _name(match["name"])
    if reading := names.read(phrase) or creative_commons.name(phrase):
        return reading
    if match := _TWICE.fullmatch(phrase):
        long, short = _name(match["name"]), _name(match["short"])
        if long and short:
            return long if (long.spdx, long.family) == (short.spdx, short.family) else Reading("conflict", "names-differ")
    return None


def _expression(text: str) -> Reading | None:
    tree = expressions.parse(re.sub(r"^the ", "", text, flags=re.IGNORECASE))
    return None if tree is None else Reading("resolved", "spdx", str(tree))
