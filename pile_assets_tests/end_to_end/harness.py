"""A deployment under the real code server and daemon, and events that happen to it: forecast, let loose, counted, compared.

What belongs here: starting and stopping, waiting until the daemon has come to rest, and reading what it did from Dagster's
records and from the store. What may not: any single event (`test_daemon`), faults (`faults`).

While an event is prepared the test holds the lock that `pile build` would hold: sensors and planner wait for it, so that the
daemon meets the whole event at once, and not before it has been forecast.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import dagster as dg

from pile_assets import planner
from pile_assets.build import build
from pile_assets.deployment import PROJECT
from pile_assets.graph.reconcile import differs
from pile_assets.graph.serve import Servers
from pile_assets.state import Entry, State
from pile_assets.store import Address, Store
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus

PATIENCE = 300
"""Seconds an event may take on a busy machine before the test gives up."""
POLL_SECONDS = 0.25
LOOKS = {"PILE_SENSOR_SECONDS": "1", "PILE_PLANNER_SECONDS": "1", "PILE_RECONCILE_SECONDS": "3600"}
"""The daemon looks every second. It compares its records once, when there is nothing yet: the test compares them itself."""
AT_REST = "Everything is up to date."

Touched = Mapping[str, list[str]]
"""Stage -> what was materialized of it, `<source or domain>/<partition>`, sorted; twice where it was twice."""


@dataclass(frozen=True)
class Forecast:
    """What a rehearsing build says: what will be materialized, and every manifest as it will be then."""

    touched: Touched
    manifests: Mapping[Address, bytes]
    seniority: Mapping[str, int]


@dataclass
class Event:
    """One event: what it should cost, what is to happen while the daemon is at it, and what it did cost."""

    name: str
    runs: Mapping[str, int]
    forecast: Forecast | None = None  # of all that is published when the body ends, unless the body sets it
    twice: Touched = field(default_factory=dict)  # materialized once more than the forecast says
    meanwhile: Callable[[], None] = lambda: None
    problems: list[str] = field(default_factory=list)
    line: tuple[str, ...] = ()
    _expected: dict[str, int] = field(default_factory=dict)

    def expect(self, **stages: int) -> None:
        """How many partitions of these stages are materialized, by the design and not by the forecast."""
        self._expected = stages

    def compare(self, touched: Touched) -> Iterator[str]:
        for stage, count in self._expected.items():
            if len(touched.get(stage, ())) != count:
                yield f"{len(touched.get(stage, ()))} of {stage} instead of {count}"


class Guard:
    """Kills the servers where this process was killed and cannot: a shell that outlives it and sees its pipe close."""

    def __init__(self) -> None:
        script = 'while read -r line; do groups=$line; done; for group in $groups; do kill -9 -- "-$group"; done'
        self._shell = subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE, text=True, start_new_session=True)

    def watch(self, process_groups: Sequence[int]) -> None:
        """From now on it is these that must not outlive this process."""
        assert self._shell.stdin
        print(*process_groups, file=self._shell.stdin, flush=True)

    def end(self) -> None:
        self._shell.communicate()


class Live:
    """One deployment with its own DAGSTER_HOME, code server and daemon. A context manager, so that all of it is ended."""

    def __init__(self, root: Path, corpus: Corpus):
        self.root, self.corpus = root, corpus
        self.home = root / "dagster"
        self.home.mkdir()
        shutil.copy(PROJECT / "dagster.yaml", self.home)
        foreign = ("PILE_", "DAGSTER_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(foreign)},
            **corpus.environment,
            **LOOKS,
            "DAGSTER_HOME": str(self.home),
            "PILE_CODE_PORT": str(_free_port()),
            "PILE_CONTACT": "mailto:corpus@example.org",
        }
        self.events: list[Event] = []
        self._servers: Servers | None = None
        self._checks = ThreadPoolExecutor(1)  # one core works on rebuilding while the daemon works on the next event
        self._rebuilt: list[tuple[Event, Future[list[str]]]] = []
        self._seen_runs: set[str] = set()
        self._seen_event = 0

    def __enter__(self) -> "Live":
        self._guard = Guard()
        self.instance = dg.DagsterInstance.from_config(str(self.home))
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self._checks.shutdown(cancel_futures=True)
            self.instance.dispose()
            self._guard.end()

    # -- servers ---------------------------------------------------------------------------------------------------

    def start(self, **settings: str) -> None:
        """Start code server and daemon; `settings` are added to their environment."""
        here = "pile_assets_tests.end_to_end"
        self._servers = Servers(
            self.environment | settings, webserver=False, location=f"{here}.location", daemon=f"{here}.daemon"
        )
        self._servers.start()
        self._guard.watch(self._servers.process_groups)

    def stop(self) -> None:
        if self._servers is not None:
            self._servers.stop()
            self._servers = None
            self._guard.watch([])

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Poll until something is reached. Fails at once where a server has ended, and after `PATIENCE` with what is known."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if self._servers is not None:
                self._servers.check()
            if time.monotonic() > deadline:
                raise AssertionError(f"not reached in {PATIENCE} seconds: {what}\n{self._known()}")
            time.sleep(POLL_SECONDS)

    def _known(self) -> str:
        """What an engineer asks first when the daemon does not do what it should."""
        runs = [f"{r.dagster_run.job_name}: {r.dagster_run.status.value}" for r in self.instance.get_run_records(limit=8)]
        ticks = [
            f"{state.instigator_name}: {tick.status.value} {tick.tick_data.skip_reason or tick.tick_data.error or ''}"
            for state in self.instance.all_instigator_state()
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        ]
        return "\n".join(["newest runs:", *runs, "last ticks:", *ticks])

    # -- coming to rest --------------------------------------------------------------------------------------------

    def compared(self) -> bool:
        """Whether the daemon has compared Dagster's records with the store."""
        return self._looked("reconcile_when_different", 0) is not None

    def settle(self) -> None:
        """Wait until every source has been looked at, and the planner, looking after that, finds nothing due."""
        begun = time.time()
        watching = [f"watch_{source}" for source in self._watched()]
        self.wait(lambda: all(self._looked(name, begun) for name in watching), f"a look at {', '.join(watching)}")
        looked = time.time()
        self.wait(lambda: self._looked("planner", looked) == AT_REST, "the planner at rest")

    def sources(self) -> list[str]:
        return sorted(self.corpus.deployment.open(rehearse=True).chains)

    def catalogue(self, source: str) -> dict[str, Entry]:
        """What the last look at a source found."""
        return State(self.corpus.home, rehearse=True).catalogue(source)

    def _watched(self) -> list[str]:
        chains = self.corpus.deployment.open(rehearse=True).chains
        return [source for source, chain in chains.items() if chain.module.HOST is None]

    def _looked(self, sensor: str, since: float) -> str | None:
        """What a sensor said when it last looked, if it began after `since` and has ended; "" where it said nothing."""
        for state in self.instance.all_instigator_state():
            if state.instigator_name == sensor:
                for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1):
                    if tick.timestamp > since and tick.status.value in ("SKIPPED", "SUCCESS"):
                        return tick.tick_data.skip_reason or ""
        return None

    # -- events ----------------------------------------------------------------------------------------------------

    @contextmanager
    def event(self, name: str, **runs: int) -> Iterator[Event]:
        """The body prepares an event; then it is forecast, let loose, waited for, and compared with the forecast.

        `runs` are the runs it may cost, by job; those that must fail have `_failing` behind the job's name. What is wrong is
        noted in the event, so that one test reports all of them.
        """
        event = Event(name, runs)
        with self._paused():
            yield event
            forecast = event.forecast or self.forecast()
        begun = time.time()
        event.meanwhile()
        self.settle()
        self._judge(event, forecast, begun)
        self._rebuild(event)
        self.events.append(event)

    @contextmanager
    def _paused(self) -> Iterator[None]:
        with Store(self.corpus.home).lock("an event being prepared", exclusive=True, wait=True):
            yield

    def forecast(self) -> Forecast:
        """Rehearse a build in a copy of the store, so that not even a remembered step is left for the daemon."""
        with tempfile.TemporaryDirectory(dir=self.root) as folder:
            home = Path(folder) / "home"
            shutil.copytree(self.corpus.home, home, copy_function=_link_if_immutable, ignore=shutil.ignore_patterns("lock*"))
            session = replace(self.corpus.deployment, home=home).open(rehearse=True)
            report = build(session)
            assert not report.failed, report.failed
            touched = dict(report.touched)
            if upstream := [f"{source}/{c.partition}" for source, changes in report.changes.items() for c in changes]:
                touched["upstream"] = sorted(upstream)
            if "shards" in touched:
                touched["shard_inputs"] = touched["shards"]
            addresses = {*session.view.store.addresses(), *(outcome.address for outcome in report.outcomes)}
            manifests = {address: session.view.need(address).to_bytes() for address in addresses}
            return Forecast(touched, manifests, session.state.seniority())

    # -- comparing -------------------------------------------------------------------------------------------------

    def _judge(self, event: Event, forecast: Forecast, begun: float) -> None:
        runs, run_ids = self._new_runs()
        touched, shards_seconds = self._new_materializations(begun, run_ids, event.problems)
        promised = _together(forecast.touched, event.twice)
        event.problems += event.compare(touched)
        if runs != event.runs:
            event.problems.append(f"runs {dict(runs)} instead of {dict(event.runs)}")
        for stage in sorted({*touched, *promised}):
            if touched.get(stage) != promised.get(stage):
                event.problems.append(f"{stage}: {touched.get(stage)}, forecast {promised.get(stage)}")
        if not planner.plan(self.corpus.deployment.open().world()).empty:
            event.problems.append("the daemon is at rest although work is due")
        event.problems += self._unlike(forecast)
        with dg.DagsterInstance.from_config(str(self.home)) as instance:
            event.problems += [f"Dagster shows something else: {it}" for it in differs(instance, self.corpus.deployment.open())]
        agreed = "no" if event.problems else "yes"
        seconds = f"{time.time() - begun:.0f}"
        event.line = (event.name, _runs_line(runs), self._stages_line(touched), agreed, shards_seconds, seconds)

    def _new_runs(self) -> tuple[Counter[str], set[str]]:
        """Runs since the last event by job, and their ids."""
        records = [r for r in self.instance.get_run_records() if r.dagster_run.run_id not in self._seen_runs]
        found = {record.dagster_run.run_id for record in records}
        self._seen_runs |= found
        counted = Counter(
            run.job_name + ("" if run.is_success else "_failing") for run in (record.dagster_run for record in records)
        )
        return counted, found

    def _new_materializations(self, begun: float, run_ids: set[str], problems: list[str]) -> tuple[dict[str, list[str]], str]:
        """What was materialized since the last event, and seconds from `begun` to the last shard."""
        touched: dict[str, list[str]] = {}
        newest, last_shard = self._seen_event, 0.0
        for key in self.instance.all_asset_keys():
            wanted = dg.AssetRecordsFilter(asset_key=key, after_storage_id=self._seen_event)
            for record in self.instance.fetch_materializations(wanted, limit=10_000).records:
                stage, place = _place(key, record.partition_key)
                touched.setdefault(stage, []).append(place)
                newest = max(newest, record.storage_id)
                if stage == "shards":
                    last_shard = max(last_shard, record.timestamp)
                if stage != "upstream" and record.run_id not in run_ids:
                    problems.append(f"{stage} of {place} was told by no run of this event")
        self._seen_event = newest
        return {stage: sorted(places) for stage, places in touched.items()}, f"{last_shard - begun:.0f}" if last_shard else ""

    def _unlike(self, forecast: Forecast) -> Iterator[str]:
        """Where the store is not what the rehearsal said it would be, to the byte of every manifest."""
        session = self.corpus.deployment.open()
        store = session.view.store
        for address in sorted({*forecast.manifests, *store.addresses()}):
            manifest = store.manifest(address)
            if (manifest.to_bytes() if manifest else None) != forecast.manifests.get(address):
                yield f"the manifest of {address} is not the one forecast"
        if session.state.seniority() != forecast.seniority:
            yield "seniority numbers are not those forecast"

    # -- rebuilding ------------------------------------------------------------------------------------------------

    def _rebuild(self, event: Event) -> None:
        """Have the same inputs built from nothing, with the same seniority numbers, and compared with what the daemon made."""
        scratch = _copied_inputs(self.corpus, self.root / f"scratch-{len(self.events)}")
        scratch.deployment.open().state.save_seniority(self.corpus.deployment.open().state.seniority())
        pile = Pile(self.corpus)
        made, release = pile.shard_files(), pile.release
        self._rebuilt.append((event, self._checks.submit(_compare_rebuilt, scratch, made, release)))

    def rebuilt(self) -> None:
        """Wait for what is being rebuilt, and note where it differs."""
        for event, compared in self._rebuilt:
            event.problems += compared.result()
        self._rebuilt.clear()

    def problems(self) -> list[str]:
        return [f"{event.name}: {problem}" for event in self.events for problem in event.problems]

    def table(self) -> str:
        """A line an event; seconds are from letting it loose until the last shard, and until nothing is left to do."""
        head = ("event", "runs", "partitions x stages", "forecast = fact", "s to shards", "s to rest")
        lines = [head, *(event.line for event in self.events)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        return "\n".join(" | ".join(map(str.ljust, line, widths)) for line in lines)

    def _stages_line(self, touched: Touched) -> str:
        """Stages by how many of their partitions were materialized; all stages of a chain together are called that."""
        by_count: dict[int, list[str]] = {}
        for stage, places in sorted(touched.items()):
            by_count.setdefault(len(places), []).append(stage)
        chain = set(next(iter(self.corpus.deployment.open(rehearse=True).chains.values())).stages)
        for stages in by_count.values():
            if chain <= set(stages):
                stages[:] = ["chain", *(stage for stage in stages if stage not in chain)]
        return "; ".join(f"{count} x {', '.join(stages)}" for count, stages in sorted(by_count.items(), reverse=True))


def _copied_inputs(corpus: Corpus, root: Path) -> Corpus:
    """The same registry and published files under another folder, with an empty store."""
    copy = Corpus(root, (), shard_bytes=corpus.shard_bytes)
    for record in corpus.registry.glob("*.yaml"):
        (copy.registry / record.name).write_text(record.read_text().replace(str(corpus.root), str(root)))
        copy.folder(record.stem).mkdir()
        for published in corpus.folder(record.stem).glob("*.jsonl"):
            shutil.copy(published, copy.folder(record.stem))
    return copy


def _compare_rebuilt(scratch: Corpus, made: Mapping[str, bytes], release: str) -> list[str]:
    report = build(scratch.deployment.open(), threads=1)
    again = Pile(scratch)
    found = again.shard_files()
    unlike = sorted(name for name in {*made, *found} if made.get(name) != found.get(name))
    problems = [f"built from nothing, {name} has other bytes" for name in unlike]
    problems += [f"built from nothing, it fails: {error}" for error in report.failed]
    return problems + ([] if again.release == release else ["built from nothing, the release is another"])


def _link_if_immutable(source: str, target: str) -> str:
    """Part files, manifests and remembered steps are only ever replaced; what a source module caches may be written to."""
    if "/sources/" in source and "/cache/" in source:
        return str(shutil.copy2(source, target))
    os.link(source, target)
    return target


def _place(key: dg.AssetKey, partition: str | None) -> tuple[str, str]:
    """The stage and the place, in a build report's words, of an asset partition."""
    match key.path:
        case ["shards", domain]:
            return "shards", f"{domain}/{partition}"
        case [owner, stage]:
            return stage, f"{owner}/{partition or 'all'}"
        case [stage]:
            return stage, "corpus/all"
    raise ValueError(key)


def _together(*parts: Touched) -> dict[str, list[str]]:
    whole: dict[str, list[str]] = {}
    for part in parts:
        for stage, places in part.items():
            whole[stage] = sorted([*whole.get(stage, ()), *places])
    return whole


def _runs_line(runs: Mapping[str, int]) -> str:
    return ", ".join(f"{job.removeprefix('corpus_')} {count}" for job, count in sorted(runs.items()))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
