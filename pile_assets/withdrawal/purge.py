"""Removing the bytes of withdrawn documents where a decision says so, proving that they are gone, and undoing that.

What belongs here: which documents are due, and the order of it. What may not: cutting and removing files (`retention.erasure`),
writing releases anew (`retention.rewriting`), searching for bytes (`retention.proof`) and for which (`needles`).

Until it is done a document is out of the corpus and still in the store: in raw files, older versions, older releases. What is
fetched again, because upstream changed or somebody asked, is due again. What a purge removes is written down before the first
byte goes (`Plan`): after an interruption the current stages no longer say what older files still hold.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import polars as pl

from pile_assets import schemas
from pile_assets.deployment import Session
from pile_assets.licensing.takedowns.matching import Place
from pile_assets.licensing.takedowns.model import Takedown
from pile_assets.release import history
from pile_assets.retention import erasure, proof
from pile_assets.retention.redaction import REDACTED, restore
from pile_assets.steps import TAKEDOWNS
from pile_assets.store import Address, Store, digest
from pile_assets.view import View
from pile_assets.withdrawal import absence, needles, older, step, tombstones
from pile_assets.withdrawal.vault import PURGING, Vault

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """What a purge that has begun is removing: place -> document -> takedowns; what must be nowhere afterwards, and which other
    documents may hold that all the same (`needles`); and the day on which it began. It holds text, and is gone when the purge
    has ended."""

    on: date
    documents: Mapping[Place, Mapping[str, list[str]]] = field(default_factory=dict)
    needles: Mapping[str, str] = field(default_factory=dict)
    explained: frozenset[str] = frozenset()

    @classmethod
    def read(cls, vault: Vault) -> Self | None:
        """The one under way, as far as its requests still stand."""
        found, wanted = vault.purging(), deciding(vault)
        if found is None:
            return None
        kept: dict[Place, dict[str, list[str]]] = {}
        for source, partition, id_, names in found["documents"]:
            if standing := [name for name in names if name in wanted]:
                kept.setdefault((source, partition), {})[id_] = standing
        ids = {id_ for documents in kept.values() for id_ in documents}
        pieces = {name: piece for name, piece in found["needles"].items() if needles.document(name) in ids}
        return cls(date.fromisoformat(found["on"]), kept, pieces, frozenset(found["explained"]))

    def write(self, vault: Vault) -> None:
        """Have it on disk."""
        rows = [[*place, id_, names] for place, ids in sorted(self.documents.items()) for id_, names in sorted(ids.items())]
        said = {"documents": rows, "needles": dict(self.needles), "explained": sorted(self.explained)}
        vault.save_purging({"on": self.on.isoformat(), **said})

    @property
    def because(self) -> dict[str, list[str]]:
        """Document -> takedowns."""
        return {id_: names for ids in self.documents.values() for id_, names in ids.items()}


@dataclass
class Purged:
    """What was done: documents removed by takedown, partitions to be fetched again, what was erased, and what the search
    found. `left` are traces that no other document explains; `not_told_apart` counts documents that could not be looked for,
    because others hold the same words or the text is shorter than `needles.SHORTEST`."""

    documents: dict[str, int] = field(default_factory=dict)
    restored: list[Place] = field(default_factory=list)
    erased: erasure.Erased = field(default_factory=erasure.Erased)
    files_searched: int = 0
    left: list[proof.Trace] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)
    not_told_apart: int = 0

    @property
    def proven(self) -> bool:
        return not self.left and not self.unsearched


def deciding(vault: Vault) -> dict[str, Takedown]:
    """The requests whose decision says that bytes are to be removed."""
    return {entry.id: entry for entry in vault.ledger().entries.values() if entry.granted and entry.decision.purge}


def pending(vault: Vault, view: View) -> dict[Place, dict[str, list[str]]]:
    """Place -> document that is still in the store -> the takedowns whose decision is to remove it; with those of a purge that
    was interrupted, and those that only an older release holds."""
    begun = Plan.read(vault)
    found = {place: dict(ids) for place, ids in begun.documents.items()} if begun else {}
    for place, ids in _arrived(vault, view).items():
        found[place] = found.get(place, {}) | ids
    return found


def unpurged(vault: Vault, view: View) -> dict[str, Takedown]:
    """The requests whose decision says so and for which nothing has been removed yet; none before the ledger as it is has been
    applied, since then it is not known what they mean."""
    made = view.get(TAKEDOWNS)
    if made is None or made.facts["asked"] != step.asked(vault.ledger(), vault):
        return {}
    noted = vault.progress()
    return {id_: entry for id_, entry in deciding(vault).items() if "purged" not in noted.get(id_, {})}


def _arrived(vault: Vault, view: View) -> dict[Place, dict[str, list[str]]]:
    """Those that a current stage holds; and of a request that is purged for the first time, what older releases hold."""
    wanted = deciding(vault)
    if not wanted:
        return {}
    found = older.documents(vault, view, unpurged(vault, view))
    for place, ids in absence.suppressed(view).items():
        due = {id_: [name for name in takedowns if name in wanted] for id_, takedowns in ids.items()}
        held = _held(view, place)
        if kept := {id_: names for id_, names in due.items() if names and id_ in held}:
            found[place] = {**found.get(place, {}), **kept}
    return found


def _held(view: View, place: Place) -> set[str]:
    """The documents of a partition that have a text."""
    manifest = view.get(Address.of_source(place[0], "documents", place[1]))
    if manifest is None:
        return set()
    rows = view.store.frame(manifest, schemas.DOCUMENTS, ["id", "bytes"])
    return set(rows.filter(pl.col("bytes") > 0)["id"])


def undone(vault: Vault, view: View) -> dict[str, list[Place]]:
    """Requests that were purged, or whose purge had begun, and that are no longer in force -> partitions that must be fetched
    again for it. Their bytes in older releases do not come back."""
    noted, marks = vault.progress(), vault.marks()
    begun = {name for *_, names in (vault.purging() or {"documents": ()})["documents"] for name in names}
    found = {}
    for entry in vault.ledger().entries.values():
        if entry.in_force or entry.name not in marks or ("purged" not in noted.get(entry.id, {}) and entry.id not in begun):
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
    fresh = sorted(unpurged(vault, view))
    if not waiting and not back and not fresh and vault.purging() is None:
        return None
    return digest([sorted([*place, sorted(ids)] for place, ids in waiting.items()), sorted(back), fresh])


def run(session: Session, progress: Progress = lambda what, done, total: None, *, threads: int = 2) -> Purged:
    """Do what is due, and search the whole store for what was removed.

    The caller holds the store's lock exclusively, and opens another session afterwards. Raises PileError where a document
    cannot be cut out of its file, and where the build in between fails: then it stays out of the corpus and is due again.
    """
    vault, done = session.vault, Purged()
    for id_, places in undone(vault, session.view).items():
        done.restored += [place for place in places if restore(session.view, *place)]
        vault.unnote(id_, "purged")
    session = session.deployment.open(today=session.today)
    fresh = unpurged(vault, session.view)
    plan = _planned(vault, session.view, session.today)
    done.documents = dict(Counter(name for names in plan.because.values() for name in names))
    done.not_told_apart = len(plan.because) - len({needles.document(name) for name in plan.needles})
    if plan.documents:
        progress("removing documents", 0, 1)
        documents = {place: list(ids) for place, ids in plan.documents.items()}
        report, done.erased = erasure.purge(session, documents, _older(vault, plan), threads=threads)
        if troubles := [*report.failed, *report.quarantined]:
            raise troubles[0]
    _record(vault, session.view.store)
    if plan.needles:
        found = proof.search(session.view.store, plan.needles, progress, beside=[vault.folder / PURGING])
        done.files_searched = found.files
        done.left = [trace for trace in found.traces if trace.document not in plan.explained]
        done.unsearched = found.unsearched
    if fresh:
        done.unsearched += [name for name in older.unreadable(session.view) if name not in done.unsearched]
    if done.proven:
        vault.note({id_: {"purged": None} for id_ in {*done.documents, *fresh}})
        vault.finish_purging()
    return done


def _planned(vault: Vault, view: View, today: date) -> Plan:
    """What is to be removed now, written down: what is in the store, and what an interrupted purge has left to do."""
    begun, arrived = Plan.read(vault) or Plan(today), _arrived(vault, view)
    wanted, explained = needles.of(view, arrived)
    documents = {
        place: {**begun.documents.get(place, {}), **arrived.get(place, {})} for place in {**begun.documents, **arrived}
    }
    plan = Plan(begun.on, documents, needles.together(begun.needles, wanted), begun.explained | explained)
    if plan.documents:
        plan.write(vault)
    return plan


def _older(vault: Vault, plan: Plan) -> erasure.Older:
    """What becomes of the releases that hold these documents: where takedowns differ, the release loses its files."""
    entries, because = deciding(vault), plan.because
    rewrite = (id_ for id_, names in because.items() if all(_rewrites(entries[name]) for name in names))

    def stones(release: str, ids: Collection[str], said: Mapping[str, Any]) -> dict[str, Any]:
        of_each = {id_: [entries[name] for name in because[id_]] for id_ in ids}
        return tombstones.of_rewritten(vault.key(), of_each, release, ids, said)

    return erasure.Older(because, frozenset(rewrite), stones, plan.on)


def _rewrites(entry: Takedown) -> bool:
    return entry.effect.older_releases == "rewritten"


def _record(vault: Vault, store: Store) -> None:
    """Which releases lost their files for which request, and what stands in their place: the next one says so."""
    replaced = history.replaced(store)
    gone: dict[str, list[str]] = {}
    for release in history.read(store):
        for id_ in release.because:
            gone.setdefault(id_, []).append(release.id)
    for id_, names in sorted(gone.items()):
        vault.note_releases(id_, names, {old: replaced[old] for old in names if old in replaced})
