"""Carrying out the planner's waves in process: what `pile build` does, and `pile plan` over a rehearsing session.

What belongs here: the loop over waves, threads, gathering what happened. What may not: deciding (`planner`), the
steps themselves (`chain`, `corpus`, `assembly`), printing (`cli`), Dagster.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pile_assets import assembly, corpus, planner, publishing
from pile_assets.chain import Outcome, run_partition
from pile_assets.deployment import Session
from pile_assets.errors import PileError, Quarantine
from pile_assets.state import Change
from pile_assets.withdrawal import absence
from pile_assets.withdrawal import step as takedowns

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are finished, and how many there are."""

Item = TypeVar("Item")

CORPUS_STAGES = ("takedowns", "suppressions", "unique", "dedup", "shard_plan", "shards", "legal_kit", "cards", "release")


@dataclass
class BuildReport:
    """Everything a build did, in figures. Filled from several threads, read when the build is over."""

    changes: dict[str, list[Change]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    quarantined: list[Quarantine] = field(default_factory=list)
    failed: list[PileError] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stages: tuple[str, ...] = ()
    seconds: float = 0.0
    discovery_seconds: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, outcome: Outcome) -> None:
        if outcome.action != "unchanged":
            with self._lock:
                self.outcomes.append(outcome)

    def fail(self, error: PileError) -> None:
        with self._lock:
            (self.quarantined if isinstance(error, Quarantine) else self.failed).append(error)  # type: ignore[arg-type]

    @property
    def materialized(self) -> dict[str, int]:
        """Partitions per stage that have a new version to show; zero is listed too."""
        counted = Counter(outcome.address.stage for outcome in self.outcomes if outcome.materialized)
        counted["upstream"] = sum(map(len, self.changes.values()))
        return {stage: counted[stage] for stage in ("upstream", *self.stages, *CORPUS_STAGES)}

    @property
    def worked(self) -> dict[str, int]:
        """Partitions per stage whose output was computed, not only taken up from an earlier computation."""
        counted = Counter(outcome.address.stage for outcome in self.outcomes if outcome.action == "worked")
        return {stage: counted[stage] for stage in (*self.stages, *CORPUS_STAGES)}

    @property
    def touched(self) -> dict[str, list[str]]:
        """Per stage, exactly which partitions were materialized: what a forecast promises and a build repeats."""
        touched: dict[str, set[str]] = {}
        for outcome in self.outcomes:
            if outcome.materialized:
                address = outcome.address
                touched.setdefault(address.stage, set()).add(f"{address.name}/{address.partition}")
        return {stage: sorted(names) for stage, names in sorted(touched.items())}

    @property
    def stage_seconds(self) -> dict[str, float]:
        """Seconds of work per stage, added over threads."""
        spent: Counter[str] = Counter()
        for outcome in self.outcomes:
            spent[outcome.address.stage] += outcome.seconds  # type: ignore[assignment]
        return {stage: round(spent[stage], 3) for stage in (*self.stages, *CORPUS_STAGES)}

    @property
    def decided(self) -> dict[str, int]:
        """Documents that duplicate removal took up, and how many it had to look at for that. Less after a rehearsal, which
        leaves its work to the build."""
        updates = [outcome.update for outcome in self.outcomes if outcome.update is not None]
        names = ("added", "removed", "evaluated", "repointed", "verified")
        return {name: sum(getattr(update, name) for update in updates) for name in names}

    def figures(self) -> dict[str, Any]:
        """Documents, shards and bytes that the build touched."""
        documents = [outcome.manifest for outcome in self.outcomes if outcome.address.stage == "documents"]
        shards = [outcome for outcome in self.outcomes if outcome.address.stage == "shards" and outcome.materialized]
        return {
            "documents": sum(manifest.counts.given for manifest in documents),
            "document_bytes": sum(manifest.facts["bytes"] for manifest in documents),
            "shards": len(shards),
            "shard_files": sum(len(_new_files(outcome)) for outcome in shards),
            "shard_bytes": sum(sum(_new_files(outcome).values()) for outcome in shards),
        }


def _new_files(outcome: Outcome) -> dict[str, int]:
    """Name -> bytes of the part files a shard has now and had not before."""
    before = {file.name for file in outcome.before.files} if outcome.before else set()
    return {file.name: file.bytes for file in outcome.manifest.files if file.name not in before}


def build(
    session: Session,
    *,
    threads: int = 2,
    progress: Progress = lambda what, done, total: None,
    only: Collection[str] = (),
    report: BuildReport | None = None,
    discover: bool = True,
) -> BuildReport:
    """Discover, then do wave after wave until nothing is due. A partition that fails is reported and the rest goes on.
    Without `discover` nobody is asked for news: what is due is judged by the catalogues as they are.

    Raises PileError or OSError where a corpus-wide step fails: nothing after it may run. A `report` that is given is
    filled also then.
    """
    started = time.monotonic()
    report = BuildReport() if report is None else report
    session.turn_year()
    report.stages = _stage_names(session)
    if discover:
        _discover(session, report, progress, only)
    given_up: set[tuple[str, str]] = set()
    while _do_next(session, report, given_up, threads, progress):
        pass
    report.seconds = time.monotonic() - started
    return report


def _stage_names(session: Session) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stage for chain in session.chains.values() for stage in chain.stages))


def _discover(session: Session, report: BuildReport, progress: Progress, only: Collection[str]) -> None:
    started = time.monotonic()
    names = [source for source in session.sources.running if not only or source in only]
    for done, source in enumerate(names):
        progress(f"looking at {source}", done, len(names))
        try:
            changes, problems, discovery = session.discover(source)
        except PileError as error:
            report.fail(error.at(source=source))
            continue
        report.changes[source] = changes
        report.failed.extend(problems)
        report.notes.extend(f"{source}: {note}" for note in discovery.notes)
    report.discovery_seconds = time.monotonic() - started


def _do_next(session: Session, report: BuildReport, given_up: set[tuple[str, str]], threads: int, progress: Progress) -> bool:
    """Do the first kind of work that is due; False where none is."""
    wave = planner.plan(session.world())
    if wave.takedowns:
        progress("applying takedowns", 0, 1)
        takedowns.run(session.vault, session.view, session.sources.frozen, report.add)
        return True
    due = [
        (source, partition)
        for source, partitions in wave.chains.items()
        for partition in partitions
        if (source, partition) not in given_up
    ]
    if due:
        _run_chains(session, report, due, given_up, threads, progress)
    elif wave.dedup:
        progress("resolving duplicates", 0, 1)
        corpus.run_dedup(session.view, session.state, session.sources, report.add)
    elif wave.plans:
        for domain in wave.plans:
            assembly.run_plan(session.view, session.sources, domain, session.deployment.shard_bytes, report.add)
    elif wave.shards:
        _run_shards(session, report, wave.shards, threads, progress)
    elif wave.release:
        publishing.publish(session.publisher, report.add)
        absence.settle(session.vault, session.view)
    else:
        return False
    return True


def _run_chains(
    session: Session,
    report: BuildReport,
    due: list[tuple[str, str]],
    given_up: set[tuple[str, str]],
    threads: int,
    progress: Progress,
) -> None:
    finished = 0

    def run(place: tuple[str, str]) -> None:
        nonlocal finished
        source, partition = place
        try:
            entry = session.catalogues[source][partition]
            run_partition(session.view, session.vault, session.chains[source], partition, entry, report.add)
        except PileError as error:
            given_up.add(place)
            report.fail(error)
        finished += 1
        progress(f"{source}/{partition}", finished, len(due))

    in_threads(run, sorted(due, key=lambda place: _weight(session, place)), threads)


def _weight(session: Session, place: tuple[str, str]) -> tuple[int, str, str]:
    """Largest partitions first, so that no thread is left alone with one at the end."""
    source, partition = place
    return -(session.catalogues[source][partition].bytes or 0), source, partition


def _run_shards(
    session: Session, report: BuildReport, due: Mapping[str, tuple[str, ...]], threads: int, progress: Progress
) -> None:
    places = [(domain, shard) for domain, shards in due.items() for shard in shards]
    finished = 0

    def run(place: tuple[str, str]) -> None:
        nonlocal finished
        assembly.run_shard(session.view, *place, report.add)
        finished += 1
        progress(f"shard {place[0]}/{place[1]}", finished, len(places))

    in_threads(run, places, threads)


def in_threads(run: Callable[[Item], None], places: Sequence[Item], threads: int) -> None:
    """Do something at every place, several at a time. Raises what a place raised, or KeyboardInterrupt; places not yet begun
    are then left."""
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        futures = [pool.submit(run, place) for place in places]
        try:
            for future in futures:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
