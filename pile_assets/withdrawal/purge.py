"""Removing the bytes of withdrawn documents where a decision says so, proving that they are gone, and undoing that.

What belongs here: which documents are due, and the order of it. What may not: cutting and removing files (`retention.erasure`),
searching for bytes (`retention.proof`).

Until it is done a document is out of the corpus and still in the store: in raw files, older versions, older releases. What is
fetched again, because upstream changed or somebody asked, is due again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pile_assets import schemas
from pile_assets.deployment import Session
from pile_assets.licensing.takedowns.matching import Place
from pile_assets.licensing.takedowns.model import Takedown
from pile_assets.retention import erasure, proof
from pile_assets.retention.redaction import REDACTED, restore
from pile_assets.store import Address, digest
from pile_assets.view import View
from pile_assets.withdrawal import absence
from pile_assets.withdrawal.vault import Vault

NEEDLES = 3
"""How many lines of a text are looked for, beside the whole."""
SHORTEST_NEEDLE = 24
"""Bytes; shorter lines occur by chance."""

Progress = Callable[[str, int, int], None]


@dataclass
class Purged:
    """What was done: documents removed by takedown, partitions to be fetched again, what was erased, and what the search
    found. `left` are traces that no other document explains; `copies` documents whose text another publisher's copy holds."""

    documents: dict[str, int] = field(default_factory=dict)
    restored: list[Place] = field(default_factory=list)
    erased: erasure.Erased = field(default_factory=erasure.Erased)
    files_searched: int = 0
    left: list[proof.Trace] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)
    copies: int = 0

    @property
    def proven(self) -> bool:
        return not self.left and not self.unsearched


def deciding(vault: Vault) -> dict[str, Takedown]:
    """The requests whose decision says that bytes are to be removed."""
    return {entry.id: entry for entry in vault.ledger().entries.values() if entry.granted and entry.decision.purge}


def pending(vault: Vault, view: View) -> dict[Place, dict[str, list[str]]]:
    """Place -> document that is still in the store -> the takedowns whose decision is to remove it."""
    wanted = deciding(vault)
    if not wanted:
        return {}
    found: dict[Place, dict[str, list[str]]] = {}
    for place, ids in absence.suppressed(view).items():
        due = {id_: [name for name in takedowns if name in wanted] for id_, takedowns in ids.items()}
        held = _held(view, place)
        if kept := {id_: names for id_, names in due.items() if names and id_ in held}:
            found[place] = kept
    return found


def _held(view: View, place: Place) -> set[str]:
    """The documents of a partition that have a text."""
    manifest = view.get(Address.of_source(place[0], "documents", place[1]))
    if manifest is None:
        return set()
    rows = view.store.frame(manifest, schemas.DOCUMENTS, ["id", "bytes"])
    return set(rows.filter(pl.col("bytes") > 0)["id"])


def undone(vault: Vault, view: View) -> dict[str, list[Place]]:
    """Requests that were purged and are no longer in force -> partitions that must be fetched again for it."""
    noted, marks = vault.progress(), vault.marks()
    found = {}
    for entry in vault.ledger().entries.values():
        if entry.in_force or "purged" not in noted.get(entry.id, {}) or entry.name not in marks:
            continue
        places = sorted({mark.place for mark in marks[entry.name].documents.values()})
        found[entry.id] = [place for place in places if _is_redacted(view, place)]
    return found


def _is_redacted(view: View, place: Place) -> bool:
    raw = view.get(Address.of_source(place[0], "raw", place[1]))
    return raw is not None and REDACTED in raw.facts


def due(vault: Vault, view: View) -> str | None:
    """The digest of what is to be removed or fetched again; None where there is nothing."""
    if not vault.used:
        return None
    waiting, back = pending(vault, view), undone(vault, view)
    if not waiting and not back:
        return None
    return digest([sorted([*place, sorted(ids)] for place, ids in waiting.items()), sorted(back)])


def run(session: Session, progress: Progress = lambda what, done, total: None, *, threads: int = 2) -> Purged:
    """Do what is due, and search the whole store for what was removed.

    The caller holds the store's lock exclusively, and opens another session afterwards. Raises PileError where a document
    cannot be cut out of its file, and where the build in between fails: then it stays out of the corpus and is due again.
    """
    vault, done = session.vault, Purged()
    for id_, places in undone(vault, session.view).items():
        done.restored += [place for place in places if restore(session.view, *place)]
        vault.unnote(id_, "purged")
    session = session.deployment.open()
    waiting = pending(vault, session.view)
    for names in (names for ids in waiting.values() for names in ids.values()):
        for name in names:
            done.documents[name] = done.documents.get(name, 0) + 1
    needles, explained = _needles(session.view, waiting)
    done.copies = sum(map(len, waiting.values())) - len({name.partition("\n")[0] for name in needles})
    if waiting:
        progress("removing documents", 0, 1)
        report, done.erased = erasure.purge(session, {place: list(ids) for place, ids in waiting.items()}, threads=threads)
        if troubles := [*report.failed, *report.quarantined]:
            raise troubles[0]
    _record(vault, done)
    if needles:
        found = proof.search(session.view.store, needles, progress)
        done.files_searched = found.files
        done.left = [trace for trace in found.traces if trace.document not in explained]
        done.unsearched = found.unsearched
    if done.proven:
        vault.note({id_: {"purged": None} for id_ in deciding(vault)})
    return done


def _record(vault: Vault, done: Purged) -> None:
    """Which releases were let go for it: the next one says so."""
    if done.erased.releases:
        names = " ".join(sorted(done.erased.releases))
        vault.note({id_: {"releases": names} for id_ in done.documents})


# -- what to search for --------------------------------------------------------------------------------------------


def _needles(view: View, waiting: Mapping[Place, Iterable[str]]) -> tuple[dict[str, str], set[str]]:
    """Name -> what must be nowhere afterwards: each removed text as a whole, and some lines that no other document has.

    The name begins with the document's id. Returns also the ids of documents that may hold such a line all the same, e.g.
    copies that stay. A document whose every piece another one holds as well has no needle.
    """
    texts = {id_: text for place, ids in waiting.items() for id_, text in _texts(view, place, set(ids))}
    pieces = {f"{id_}\n{number}": piece for id_, text in texts.items() for number, piece in enumerate(_pieces(text))}
    if not pieces:
        return {}, set()
    explained: set[str] = set()
    shared: set[str] = set()
    for source in view.store.sources():
        for partition in view.partitions(f"sources/{source}", "documents"):
            manifest = view.need(Address.of_source(source, "documents", partition))
            for part in view.store.parts(manifest, ["id", "text"]):
                for id_, text in part.iter_rows():
                    if id_ in texts:
                        continue
                    if inside := [name for name, piece in pieces.items() if piece in text]:
                        shared.update(inside)
                        explained.add(id_)
    return {name: piece for name, piece in pieces.items() if name not in shared}, explained


def _texts(view: View, place: Place, ids: set[str]) -> Iterable[tuple[str, str]]:
    manifest = view.need(Address.of_source(place[0], "documents", place[1]))
    for part in view.store.parts(manifest, ["id", "text"]):
        for id_, text in part.iter_rows():
            if id_ in ids:
                yield id_, text


def _pieces(text: str) -> list[str]:
    """The whole text and its longest lines, as far as they are long enough to mean something."""
    lines = sorted({line.strip() for line in text.splitlines()}, key=lambda line: (-len(line), line))[:NEEDLES]
    return [piece for piece in dict.fromkeys((text.strip(), *lines)) if len(piece.encode()) >= SHORTEST_NEEDLE]
