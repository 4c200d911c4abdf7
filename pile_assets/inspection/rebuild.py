"""Building the corpus again from nothing, beside the store, and comparing it with what was built step by step.

What belongs here: a scratch folder with the same inputs, the steps over it, the comparison. What may not: writing anything
outside that folder, asking a publisher, deciding what is stale (`planner`).

The inputs are the raw bytes in the store and primary state: catalogues, seniority, takedowns, what the operator switched. The
rest is made again, and every manifest must come out the same byte by byte, hence every decision and every file, since a
manifest names its files by digest. A partition whose last version is not what its raw bytes give (one in quarantine, one that
fails, one of a frozen source) is an input as it stands, and is named. So is what is left of sources that are out of the corpus,
which takedowns look at too.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pile_assets import assembly, corpus, planner, publishing
from pile_assets.build import in_threads
from pile_assets.chain import Outcome, run_partition, run_withdrawn
from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.inspection.audit import Problem, place_of
from pile_assets.retention.references import files_of
from pile_assets.store import Address, Manifest, Store
from pile_assets.withdrawal import step as takedowns

SCRATCH = "rebuild"
"""Folder under PILE_HOME in which it is built again, so that raw files can be linked; removed before and after."""

REMEDY = (
    "The store has come to depend on the order of events. Keep a copy of PILE_HOME and report this; "
    "`pile build` after removing store/ but for its raw folders makes it what it should be."
)

Progress = Callable[[str, int, int], None]
Place = tuple[str, str]


@dataclass
class Rebuilt:
    """What was compared, which partitions were taken as they stand, and what came out differently."""

    partitions: int = 0
    manifests: int = 0
    as_they_stand: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def rebuild(session: Session, *, threads: int = 2, progress: Progress = lambda what, done, total: None) -> Rebuilt:
    """Build again and compare. The caller keeps builds away. Raises PileError where a build is due after the chains:
    verdicts, shards and release can be compared only where they are those of the partitions."""
    _refuse_unfinished(session)
    scratch = session.view.store.home / SCRATCH
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        done = Rebuilt()
        _build_again(session, scratch, done, threads, progress)
        _compare(session.view.store, Store(scratch), done)
        return done
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _refuse_unfinished(session: Session) -> None:
    wave = planner.plan(session.world())
    if wave.takedowns or wave.dedup or wave.plans or wave.shards or wave.release:
        raise PileError("A build is due, so there is nothing finished to compare.", remedy="Run `pile build`, then this again.")


# -- building ------------------------------------------------------------------------------------------------------


def _build_again(session: Session, scratch: Path, done: Rebuilt, threads: int, progress: Progress) -> None:
    store = session.view.store
    Store(scratch)
    shutil.copytree(store.home / "state", scratch / "state")
    (scratch / "state" / "releases.json").unlink(missing_ok=True)  # not an input: the order of what was published before
    members = corpus.members(session.sources, session.view.get, session.view.partitions)
    made = {(member.source, member.partition) for member in members}
    again = [place for place in sorted(made) if _follows_from_raw(session, place)]
    for source, partition in again:
        _link(store, Address.of_source(source, "raw", partition), scratch)
    for source, partition in sorted({*made, *takedowns.places(session.view)} - {*again}):
        if (source, partition) in made:
            done.as_they_stand.append(f"{source}/{partition}")
        for folder in sorted((store.home / "store" / "sources" / source).iterdir()):
            if folder.name != "unique":
                _link(store, Address.of_source(source, folder.name, partition), scratch)
    copy = replace(session.deployment, home=scratch).open()
    done.partitions = len(again)
    _run_chains(session, copy, again, threads, progress)
    _run_corpus(copy, threads, progress)


def _follows_from_raw(session: Session, place: Place) -> bool:
    """Whether a partition's chain is finished, so that everything in it comes from its raw bytes as they are."""
    source, partition = place
    if source not in session.chains or partition not in session.catalogues[source]:
        return False
    if session.view.get(Address.of_source(source, "raw", partition)) is None:
        return False
    notes = (session.view.quarantined(Address.of_source(source, stage, partition)) for stage in session.chains[source].stages)
    return not any(notes) and planner.stale_stage(session.world(), source, partition) is None


def _link(store: Store, address: Address, scratch: Path) -> None:
    """The committed version of a stage in the scratch folder, its files without copying where the disk allows that."""
    manifest = store.manifest(address)
    if manifest is None:
        return
    for path in (*files_of(store, manifest), store.folder(address) / "manifest.json"):
        target = scratch / path.relative_to(store.home)
        if target.exists() or not path.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
        except OSError:
            shutil.copyfile(path, target)


def _run_chains(session: Session, copy: Session, places: list[Place], threads: int, progress: Progress) -> None:
    finished = 0

    def run(place: Place) -> None:
        nonlocal finished
        source, partition = place
        chain, entry = copy.chains[source], copy.catalogues[source][partition]
        run_chain = run_partition if entry.present else run_withdrawn  # what it held before it left is counted
        run_chain(copy.view, copy.vault, chain, partition, entry, _ignore)
        finished += 1
        progress(f"building {source}/{partition} again", finished, len(places))

    in_threads(run, places, threads)


def _run_corpus(copy: Session, threads: int, progress: Progress) -> None:
    view, sources = copy.view, copy.sources
    if takedowns.key_of(copy.vault, view) is not None:
        takedowns.run(copy.vault, view, copy.sources.frozen, _ignore)
    progress("resolving duplicates again", 0, 1)
    corpus.run_dedup(view, copy.state, sources, _ignore)
    for domain in assembly.domains(sources, view.partitions):
        assembly.run_plan(view, sources, domain, copy.deployment.shard_bytes, _ignore)
        shards = [(domain, shard) for shard in assembly.wanted_shards(domain, view.get, view.partitions)]
        progress(f"writing the shards of {domain} again", 0, len(shards))
        in_threads(lambda place: assembly.run_shard(view, *place, _ignore), shards, threads)
    publishing.publish(copy.publisher, _ignore)


def _ignore(outcome: Outcome) -> None:
    """What was done here is nobody's news."""


# -- comparing -----------------------------------------------------------------------------------------------------


def _compare(store: Store, copy: Store, done: Rebuilt) -> None:
    again = set(copy.addresses())
    for address in sorted({*store.addresses(), *again}):
        made = store.manifest(address)
        if address not in again and (made is None or not _counts(made)):
            continue
        done.manifests += 1
        other = copy.manifest(address) if address in again else None
        for found in _differences(made, other):
            done.problems.append(Problem("rebuild", place_of(address), found, REMEDY, address))
    latest = store.releases / "latest.json"
    if latest.exists() and latest.read_bytes() != (copy.releases / "latest.json").read_bytes():
        done.problems.append(Problem("rebuild", "release", "built from nothing, its manifest is another", REMEDY))


def _counts(manifest: Manifest) -> bool:
    """Whether a stage that a rebuild does not have is a difference. Empty ones are not: a shard or a source's verdicts that
    are no longer there; neither are stages of partitions whose source is out of the corpus, or which never got far enough."""
    address = manifest.address
    if not manifest.files or address.stage == "raw":
        return False
    return not address.owner.startswith("sources/") or address.stage == "unique"


def _differences(made: Manifest | None, again: Manifest | None) -> Iterator[str]:
    if made is None or again is None:
        yield f"built from nothing, it is {'there' if made is None else 'not there'}"
        return
    if made.to_bytes() != again.to_bytes():
        fields = [name for name in vars(made) if getattr(made, name) != getattr(again, name)]
        yield f"built from nothing, its {' and '.join(fields).replace('_', ' ')} differ"
