"""What a purge searches the store for afterwards, and whom it will find there all the same.

What belongs here: choosing those pieces of text. What may not: the search (`retention.proof`), which documents (`purge`).
"""

from collections.abc import Iterable, Iterator, Mapping

from pile_assets.licensing.takedowns.matching import Place
from pile_assets.store import Address
from pile_assets.view import View
from pile_assets.withdrawal import older

LINES = 3
"""How many lines of a text are looked for, beside the whole."""
SHORTEST = 24
"""Bytes; shorter lines occur by chance."""


def of(view: View, removed: Mapping[Place, Iterable[str]]) -> tuple[dict[str, str], set[str]]:
    """Name -> what must be nowhere afterwards: each removed text as a whole, and some lines that no other document has.

    The name begins with the document's id and a line end. A text is also taken as an older release has it. Returns also the
    ids of documents that may hold such a line all the same, e.g. copies that stay. A document whose every piece another one
    holds as well has no needle.
    """
    ids = frozenset(id_ for documents in removed.values() for id_ in documents)
    texts = [(id_, text) for place, documents in removed.items() for id_, text in _texts(view, place, set(documents))]
    found = {(id_, piece) for id_, text in [*texts, *older.texts(view, ids)] for piece in _pieces(text)}
    pieces = _named(found)
    if not pieces:
        return {}, set()
    explained: set[str] = set()
    shared: set[str] = set()
    for id_, text in _others(view, ids):
        if inside := [name for name, piece in pieces.items() if piece in text]:
            shared.update(inside)
            explained.add(id_)
    return {name: piece for name, piece in pieces.items() if name not in shared}, explained


def together(*several: Mapping[str, str]) -> dict[str, str]:
    """What several times was chosen, under names that tell them apart: the same name may stand for another piece in each."""
    return _named({(document(name), piece) for needles in several for name, piece in needles.items()})


def document(name: str) -> str:
    """The id of the document that a needle is of."""
    return name.rpartition("\n")[0]


def _named(pieces: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {f"{id_}\n{number}": piece for number, (id_, piece) in enumerate(sorted(pieces))}


def _others(view: View, ids: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(id, text) of all documents that stay, also of those that only an older release holds."""
    for source in view.store.sources():
        for partition in view.partitions(f"sources/{source}", "documents"):
            manifest = view.need(Address.of_source(source, "documents", partition))
            for part in view.store.parts(manifest, ["id", "text"]):
                yield from ((id_, text) for id_, text in part.iter_rows() if id_ not in ids)
    yield from older.others(view, ids)


def _texts(view: View, place: Place, ids: set[str]) -> Iterator[tuple[str, str]]:
    manifest = view.get(Address.of_source(place[0], "documents", place[1]))
    for part in view.store.parts(manifest, ["id", "text"]) if manifest is not None else ():
        yield from ((id_, text) for id_, text in part.iter_rows() if id_ in ids)


def _pieces(text: str) -> list[str]:
    """The whole text and its longest lines, as far as they are long enough to mean something."""
    lines = sorted({line.strip() for line in text.splitlines()}, key=lambda line: (-len(line), line))[:LINES]
    return [piece for piece in dict.fromkeys((text.strip(), *lines)) if len(piece.encode()) >= SHORTEST]
