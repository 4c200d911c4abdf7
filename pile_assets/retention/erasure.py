"""Removing documents from the store for good, at once: every older file that holds them, whatever the grace period.

What belongs here: the order of it, and removing what is left over after a build. What may not: deciding which documents
(`licensing.takedowns`), cutting raw bytes (`redaction`), looking whether anything is left (`proof`).

    withhold(session, documents)    before a build: raw without the documents
    erase(session, documents)       after it: everything that still holds them goes
    purge(session, documents)       both, with the build between them; nobody is asked for news

A release that held one of them loses its files, or is written anew without them (`rewriting`), as `Older` says.

Each may be interrupted at any point and called again; each does nothing where there is nothing to do. The caller holds the
store's lock exclusively.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from pile_assets.build import BuildReport, build
from pile_assets.chain import run_withdrawn
from pile_assets.deployment import Session
from pile_assets.errors import PileError, StoreDamage
from pile_assets.registry.load import read_policy
from pile_assets.release import directory, history
from pile_assets.retention import references, rewriting, standing
from pile_assets.retention.redaction import redact
from pile_assets.steps import Chain, build_chain
from pile_assets.store import Address, Manifest, Store

Place = tuple[str, str]
"""(source, partition)"""

Documents = Mapping[Place, Collection[str]]
"""Document ids by the source partition they are in."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Older:
    """What becomes of releases that hold removed documents. `because` are the takedowns by document. A release all of whose
    removed documents are in `rewrite` is written anew, with `stones` in place of them, as of the day `on` (by default that of
    the session); any other loses its files."""

    because: Mapping[str, Collection[str]] = field(default_factory=dict)
    rewrite: frozenset[str] = frozenset()
    stones: rewriting.Stones = lambda release, ids, said: dict(said)
    on: date | None = None

    def of(self, ids: Iterable[str]) -> list[str]:
        """The takedowns of these documents."""
        return sorted({takedown for id_ in ids for takedown in self.because.get(id_, ())})


@dataclass
class Erased:
    """What was removed: files by kind with their bytes, source caches, and the releases that are digests only from now on;
    `rewritten` names the release that took the place of one, `refused` why one was let go that was to be written anew."""

    files: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    caches: list[str] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    rewritten: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)

    def remove(self, path: Path, kind: str) -> None:
        size = path.stat().st_size
        path.unlink()
        self.files[kind] = self.files.get(kind, 0) + 1
        self.bytes += size


def purge(session: Session, documents: Documents, older: Older = Older(), *, threads: int = 2) -> tuple[BuildReport, Erased]:
    """Remove documents for good. Raises PileError where one cannot be cut out of a file that it shares; the build that
    comes between reports the partitions it could not bring up to date, and then nothing is erased.

    The session must not be used afterwards.
    """
    withhold(session, documents)
    report = build(session.deployment.open(today=session.today), threads=threads, discover=False)
    if report.failed or report.quarantined:
        return report, Erased()
    return report, erase(session.deployment.open(today=session.today), documents, older)


def withhold(session: Session, documents: Documents) -> list[Place]:
    """Cut documents out of the raw partitions they came from; returns the partitions that have a new raw version now.

    Whatever partition cannot be cut is named, all at once, by the PileError that is raised after the others are done.
    """
    changed, problems = [], []
    for (source, partition), ids in sorted(documents.items()):
        try:
            if redact(session.view, _chain(session, source), partition, frozenset(ids)) is not None:
                changed.append((source, partition))
                _forget_idle(session, source, partition)
            _make_withdrawn_again(session, source, partition)
            if source in session.sources.frozen:
                standing.cut(session.view, source, partition, frozenset(ids))
        except PileError as error:
            problems.append(error.at(source=source, partition=partition))
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise PileError(
            " ".join(str(problem) for problem in problems), remedy="Follow each of these, then give the command again."
        )
    return changed


def _make_withdrawn_again(session: Session, source: str, partition: str) -> None:
    """A build leaves what a withdrawn partition held as it was: here it is made from the raw bytes as they are now.

    Where they are to be fetched again, since a takedown was undone, there are none until the partition returns, and so it is
    with all that is made from them.
    """
    entry = session.catalogues[source].get(partition) if source in session.chains else None
    if entry is None or entry.present:
        return
    if session.view.get(Address.of_source(source, "raw", partition)) is None:
        _forget_made(session.view.store, source, partition, but=("raw", "unique", "eligible"))
    else:
        run_withdrawn(session.view, session.vault, session.chains[source], partition, entry, lambda outcome: None)


def _chain(session: Session, source: str) -> Chain:
    """The chain of a source, also of one that does not run: what it left in the store can still be cut."""
    if source in session.chains:
        return session.chains[source]
    record = session.sources.present.get(source) or session.registry.records.get(source) or session.state.last_good(source)
    if record is None:
        raise PileError(
            "The source has no record that can be used, so its raw files cannot be read.",
            remedy=f"Mend {source}.yaml, or restore it; `pile sources check {source}` names the fields.",
            source=source,
        )
    policy = session.registry.policies.get(source) or read_policy(session.deployment.registry, record)
    return build_chain(record, policy, session.terms, session.decisions)


def _forget_idle(session: Session, source: str, partition: str) -> None:
    """What was made from the old raw bytes of a source that is out of the corpus: no build would make it again, so it goes
    now, and is made from `raw` when the source returns."""
    if source not in session.sources.present:
        _forget_made(session.view.store, source, partition, but=("raw", "unique"))


def _forget_made(store: Store, source: str, partition: str, but: Collection[str]) -> None:
    """The stages of a partition but for some have no version any more; `eligible`, which pins the others, goes first."""
    folder = store.home / "store" / "sources" / source
    for stage in ("eligible", *(sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ())):
        if stage not in but:
            (store.folder(Address.of_source(source, stage, partition)) / "manifest.json").unlink(missing_ok=True)


# -- erasing -------------------------------------------------------------------------------------------------------


def erase(session: Session, documents: Documents, older: Older = Older()) -> Erased:
    """Remove every file that nothing current refers to and that may hold these documents: older versions of their
    partitions, older shards and so the files of older releases, remembered steps, quarantine notes, source caches, what
    the duplicate engine remembers.

    Raises PileError, and removes nothing, where a current stage still holds one of them.
    """
    store = session.view.store
    places = {place: frozenset(ids) for place, ids in documents.items() if ids}
    if not places:
        return Erased()
    _check_gone(store, places)
    wanted = references.survey(store, ()).wanted
    condemned = [path for path in _candidates(store, places) if path not in wanted]
    erased = Erased()
    _change_releases(store, frozenset().union(*places.values()), set(condemned), older, older.on or session.today, erased)
    _forget_steps(store, places, set(condemned), erased)
    for path in condemned:
        erased.remove(path, "part file")
    for source, partition in sorted(places):
        for note in sorted(store.home.glob(f"store/sources/{source}/*/{partition}/quarantine.json")):
            erased.remove(note, "quarantine note")
    for source in sorted({source for source, _ in places}):
        if store.forget_source_cache(source):
            erased.caches.append(source)
    store.forget_duplicates()
    store.sweep()
    return erased


def _check_gone(store: Store, places: Mapping[Place, frozenset[str]]) -> None:
    """Raises PileError where a current stage or shard holds a document that is to go."""
    everyone = frozenset[str]().union(*places.values())
    for address in store.addresses():
        ids = everyone if address.stage == "shards" else places.get((address.name, address.partition), frozenset())
        if address.stage not in ("documents", "cleaned", "shards") or not ids:
            continue
        manifest = store.manifest(address)
        for path in store.paths(manifest) if manifest else ():
            rows = store.read_part(path, ["id", "bytes"]).filter(pl.col("bytes") > 0)  # one that was cut to nothing is gone
            if found := sorted(ids.intersection(rows["id"].to_list())):
                raise PileError(
                    f"The current {address.stage} of {address.name} / {address.partition} still holds this document.",
                    remedy="Run `pile build` first: older files are removed once the current ones are without it.",
                    document=found[0],
                )


def _candidates(store: Store, places: Mapping[Place, frozenset[str]]) -> Iterator[Path]:
    """Files of the partitions themselves, whatever they hold, and the files of shards and of credit that hold a document."""
    for source, partition in sorted(places):
        for folder in sorted((store.home / "store" / "sources" / source).glob(f"*/{partition}")):
            yield from _content_named(folder)
        if (folder := store.home / "store" / "corpus" / "notices" / source / partition).is_dir():
            yield from _content_named(folder)
    everyone = frozenset[str]().union(*places.values())
    for stage, column in (("shards", "id"), ("attribution", "doc_id")):
        for folder in sorted((store.home / "store" / "domains").glob(f"*/{stage}/*")):
            yield from (path for path in _content_named(folder) if _may_hold(store, path, column, everyone))


def _content_named(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if references.CONTENT_NAMED.fullmatch(path.name))


def _may_hold(store: Store, path: Path, column: str, ids: frozenset[str]) -> bool:
    """Whether one of the documents may be in a part file; of one that cannot be read nobody can tell."""
    try:
        return not ids.isdisjoint(store.read_part(path, [column])[column].to_list())
    except StoreDamage:
        return True


def _change_releases(
    store: Store, ids: frozenset[str], condemned: set[Path], older: Older, today: date, erased: Erased
) -> None:
    """Write the releases that hold one of these documents anew, or let them go."""
    for release in history.read(store):
        held = rewriting.held(store, release.id, ids) if release.files else frozenset()
        if not release.files or not (held or condemned.intersection(references.release_files(store, release.id))):
            continue
        because = older.of(held or ids)
        if held and held <= older.rewrite:
            try:
                erased.rewritten[release.id] = rewriting.rewrite(store, release, held, older.stones, because, today)
                continue
            except rewriting.CannotRewrite as error:
                erased.refused[release.id] = str(error)
        history.let_go(store, [release.id], because)
        erased.releases.append(release.id)
    for release in history.read(store):
        if not release.files:  # also of one that was let go just before an interruption
            directory.remove(store, release.id)
    history.settled(store)


def _forget_steps(store: Store, places: Mapping[Place, frozenset[str]], condemned: set[Path], erased: Erased) -> None:
    """Forget the finished steps of the partitions that are not the current ones, and those whose files go."""
    current = {manifest.key for address in store.addresses() if (manifest := store.manifest(address))}
    for path in sorted(store.steps.glob("*/*.json")):
        try:
            step = Manifest.from_bytes(path.read_bytes())
        except (ValueError, KeyError, TypeError):
            erased.remove(path, "finished step")
            continue
        if step.key in current:
            continue
        if _is_of(step.address, places) or condemned.intersection(references.files_of(store, step)):
            erased.remove(path, "finished step")


def _is_of(address: Address, places: Collection[Place]) -> bool:
    return address.owner.startswith("sources/") and (address.name, address.partition) in places
