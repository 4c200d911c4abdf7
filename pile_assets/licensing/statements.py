"""A statement in words, read as a whole: names, addresses and nothing else that means anything.

The text is cut into names (`names`, `creative_commons_names`), addresses (`addresses`) and carriers (`carriers`), from left to
right and the longest first. One word that is none of these leaves all of it unread, so that nobody's "except", "formerly"
or "for review only" is overlooked. What is left then has to agree: a family with its version, a name with its address.
Two licences are a choice only where the statement says so, and otherwise a conflict.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pile_assets.licensing import addresses, carriers, creative_commons_names, expressions, names, reservations, spelling
from pile_assets.licensing.model import Reading

LONGEST = 3_000
"""Characters. A longer text is an article or a licence, not a statement."""
MANY = 250
"""Pieces of one statement; more are no statement either."""

_TAG = re.compile(r"</?[a-zA-Z!?][^<>]*>")
_PLACE = re.compile(r"\b(?:href|resource|about|src)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_CREDIT = re.compile(
    r"<(?P<tag>\w+)\b[^<>]*\b(?:property|rel)\s*=\s*[\"'][^\"'<>]*\b(?:dct:title|dc:title|cc:attributionName|"
    r"cc:attributionURL)\b"
    r"[^<>]*>[^<>]{0,200}</(?P=tag)>(?:\s*(?:by|von|par|por|di|door)\s+(?=<))?"
)
_SEPARATOR = re.compile(r"[\s.,;:()\[\]{}\"'|/\-·•*#=>~+&]+")
_JOINED = re.compile(r"\b(?:and|und|et)\b|[&+]")
_CHOICE = re.compile(
    r"(?:at|of) your (?:option|choice)|(?:either|your choice) (?:of )?(?:the )?|choose "
    r"(?:between|either)|choice of|either|or|dual[\s\-]?licen[cs]ed?"
    r"(?: under)?|oder|ou(?= )"
)
_ONLY_VAGUE = frozenset({"creative commons", "cc"})
_VAGUE = re.compile(r"(?:creative[\s\-]*commons(?:-lizenz)?|cc)(?![^\W_])")


@dataclass(frozen=True)
class _Piece:
    """A name or address: where it stands, what it says, whether it leaves a jurisdiction open."""

    start: int
    end: int
    reading: Reading
    port_open: bool = False


@dataclass
class _Parts:
    """What a text was cut into."""

    pieces: list[_Piece]
    choices: list[int]
    non_commercial: bool = False
    vague: bool = False


def read(raw: str, *, articles: bool = False, needs_address: bool = False) -> Reading:
    """What the statement says as a whole; unresolved where a word of it is not known, conflict where it contradicts itself.

    `articles` allows the sentences journals add about other parts than the text; `needs_address` takes only statements with
    an address in them.
    """
    if len(raw) > LONGEST * 2:
        return Reading("unresolved", "too-long")
    text, linked = _visible(raw)
    if not text and not linked:
        return Reading("unresolved", "empty")
    if len(text) > LONGEST:
        return Reading("unresolved", "too-long")
    parts = _cut(spelling.mended(spelling.plain(text)), articles)
    if parts is None or any(reading is None for reading in linked):
        return _unread(text)
    stated = [reading for reading in linked if reading is not None]
    if needs_address and not stated and not any(piece.reading.rule in ("url", "cc-url") for piece in parts.pieces):
        return Reading("unresolved", "no-address")
    return _together(parts, stated)


def _visible(raw: str) -> tuple[str, list[Reading | None]]:
    """The words of mark-up, and what its attributes link to that is a licence or unknown; names of works are left out."""
    text = spelling.unescaped(raw)
    if "<" not in text:
        return text.strip(), []
    text = re.sub(r"<(https?://[^<>\s]+)>", r" \1 ", text)
    text = _CREDIT.sub(" ", text)
    linked: list[Reading | None] = []
    for tag in _TAG.findall(text):
        for found in _PLACE.finditer(tag):
            reading = addresses.whole(next(value for value in found.groups() if value is not None))
            if reading is not None or not found[0].startswith(("src", "about")):
                linked.append(reading)
    return _TAG.sub(" ", text).strip(), linked


def _unread(text: str) -> Reading:
    return Reading("conflict", "reservation") if reservations.partial(text) else Reading("unresolved", "unknown")


def _cut(text: str, articles: bool) -> _Parts | None:
    """The parts of `text`; None where a word of it is unknown."""
    placed = {address.start: address for address in addresses.find(text)}
    parts = _Parts([], [])
    position = carriers.notice(text, articles)
    for _ in range(MANY):
        if separator := _SEPARATOR.match(text, position):
            position = separator.end()
        if position >= len(text):
            return parts
        following = _next(text, position, placed, parts, articles)
        if following is None:
            return None
        position = following
    return None


def _next(text: str, start: int, placed: dict[int, addresses.Address], parts: _Parts, articles: bool) -> int | None:
    """Where the piece at `start` ends, noted in `parts`; None where nothing known begins there."""
    tail = carriers.sentence(text, start, articles) or 0
    restricted = carriers.non_commercial(text, start) or 0
    if address := placed.get(start):
        if tail > address.end:
            return tail
        if address.reading is None:
            return None
        parts.pieces.append(_Piece(start, address.end, address.reading))
        return address.end
    piece = _named(text, start)
    longest = max(tail, restricted, carriers.word(text, start) or 0)
    if piece is not None and piece.end >= longest:
        parts.pieces.append(piece)
        return piece.end
    if (vague := _VAGUE.match(text, start)) and vague.end() >= longest:
        parts.vague = True
        return vague.end()
    if (choice := _CHOICE.match(text, start)) and choice.end() >= longest:
        parts.choices.append(start)
        return choice.end()
    if restricted and restricted >= tail:
        parts.non_commercial = True
    return longest or None


def _named(text: str, start: int) -> _Piece | None:
    commons = creative_commons_names.scan(text, start)
    other = names.scan(text, start)
    if commons and (other is None or commons.end >= other.end):
        return _Piece(start, commons.end, commons.reading, commons.port_open)
    return _Piece(start, other.end, other.reading) if other else None


def _together(parts: _Parts, linked: Sequence[Reading]) -> Reading:
    pieces = [*parts.pieces, *(_Piece(-1, -1, reading) for reading in linked)]
    readings = [piece.reading for piece in pieces]
    if not readings:
        return Reading("unresolved", "unknown")
    if failed := next((reading for reading in readings if reading.status in ("unresolved", "conflict")), None):
        return failed
    agreed = agreeing(_ports_filled(pieces))
    if agreed is None and parts.choices:
        agreed = _chosen(parts, linked)
    elif agreed is not None and parts.choices:
        agreed = Reading("unresolved", "choice-of-one")
    if agreed is None:
        return Reading("conflict", "several-licences")
    family = agreed.family or (names.family_of(agreed.spdx) if agreed.spdx else "")
    if parts.non_commercial and "NC" not in family.split("-"):
        return Reading("conflict", "reservation")
    if parts.vague and not family.startswith(("CC-", "CC0")) and agreed.spdx not in ("CC0-1.0", "CC-PDM-1.0"):
        return Reading("conflict", "several-licences")
    return agreed


def _ports_filled(pieces: Sequence[_Piece]) -> list[Reading]:
    """Readings in which a name that leaves the jurisdiction open has that of the port stated beside it, if there is one."""
    ported = {(piece.reading.family, _version(piece.reading)): piece.reading for piece in pieces if piece.reading.port}
    filled = []
    for piece in pieces:
        other = ported.get((piece.reading.family, _version(piece.reading)))
        filled.append(replace(other, rule=piece.reading.rule) if piece.port_open and other else piece.reading)
    return filled


def _version(reading: Reading) -> str:
    match = re.search(r"\d\.\d", reading.spdx or "")
    return match[0] if match else ""


_WEAKER = {
    "CC0-1.0": "LicenseRef-PublicDomain",
    "CC-PDM-1.0": "LicenseRef-PublicDomain",
    "Unlicense": "LicenseRef-PublicDomain",
    "PDDL-1.0": "LicenseRef-PublicDomain",
    "LicenseRef-US-Gov-17USC105": "LicenseRef-PublicDomain",
}
"""What is said less exactly by "public domain" beside it."""


def agreeing(readings: Sequence[Reading]) -> Reading | None:
    """The most exact of readings that all say the same or less than it; None where two of them differ."""
    exact = {reading.spdx: reading for reading in readings if reading.spdx}
    for stronger, weaker in _WEAKER.items():
        if stronger in exact:
            exact.pop(weaker, None)
    families = {reading.family for reading in readings if not reading.spdx}
    if len(exact) > 1 or len({(reading.spdx, reading.port) for reading in readings if reading.spdx in exact}) > 1:
        return None
    if not exact:
        return next(iter(readings)) if len(families) == 1 else None
    reading = next(iter(exact.values()))
    own = {reading.family, names.family_of(reading.spdx or "")}
    return reading if families <= own else None


def _chosen(parts: _Parts, linked: Sequence[Reading]) -> Reading | None:
    """An OR of the licences a statement offers by "or"; not of Creative Commons', where "or" often tells of other works."""
    pieces = parts.pieces
    if linked or any(not piece.reading.spdx or (piece.reading.family or "").startswith("CC-") for piece in pieces):
        return None
    named = list(dict.fromkeys(piece.reading.spdx or "" for piece in pieces))
    tree = expressions.parse(" OR ".join(named))
    return Reading("resolved", "choice", str(tree)) if tree is not None else None
