"""A deployment under the real code server and daemon, and events that happen to it: forecast, let loose, counted, compared.

What belongs here: starting and stopping, waiting until the daemon has come to rest, and judging what it did. What may not:
any single event (`test_daemon`), faults (`faults`).

While an event is prepared the test holds the lock that `pile build` would hold: sensors and planner wait for it, so that the
daemon meets the whole event at once, and not before it has been forecast.
"""

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pile_assets import planner
from pile_assets.deployment import PROJECT
from pile_assets.graph.reconcile import differs
from pile_assets.graph.serve import Servers
from pile_assets.state import Entry, State
from pile_assets.store import Store
from pile_assets_tests.deployments import Corpus
from pile_assets_tests.end_to_end.forecasting import Forecast, Touched, forecast, together, unlike
from pile_assets_tests.end_to_end.guard import Guard
from pile_assets_tests.end_to_end.rebuilding import Rebuilding
from pile_assets_tests.end_to_end.records import Done, Records

PATIENCE = 300
"""Seconds an event may take on a busy machine before the test gives up."""
POLL_SECONDS = 0.25
LOOKS = {"PILE_SENSOR_SECONDS": "1", "PILE_PLANNER_SECONDS": "1", "PILE_RECONCILE_SECONDS": "3600"}
"""The daemon looks every second. It compares its records once, when there is nothing yet: the test compares them itself."""
AT_REST = "Everything is up to date."
FOREIGN = ("PILE_", "DAGSTER_")
"""Settings of whoever runs the test, which are not this deployment's."""


@dataclass
class Event:
    """One event: what it should cost, what is to happen while the daemon is at it, and what came of it."""

    name: str
    runs: Mapping[str, int]
    forecast: Forecast | None = None  # of what is published when the body ends, unless the body sets it
    twice: Touched = field(default_factory=dict)  # materialized once more than the forecast says
    meanwhile: Callable[[], None] = lambda: None
    expected: Mapping[str, int] = field(default_factory=dict)
    done: Done | None = None
    problems: list[str] = field(default_factory=list)  # where fact is not forecast
    unlike_rebuilt: list[str] = field(default_factory=list)  # where it is not what is built from nothing
    seconds_to_shards: float | None = None
    seconds_to_rest: float = 0.0

    def expect(self, **stages: int) -> None:
        """How many partitions of these stages are materialized, by the design and not by the forecast."""
        self.expected = stages

    def judge(self, done: Done, said: Forecast) -> None:
        """Compare what was done with what was allowed, with the design, and with the forecast."""
        self.done = done
        self.problems += done.unexplained
        if done.runs != self.runs:
            self.problems.append(f"runs {dict(done.runs)} instead of {dict(self.runs)}")
        for stage, count in self.expected.items():
            if len(done.touched.get(stage, ())) != count:
                self.problems.append(f"{len(done.touched.get(stage, ()))} of {stage} instead of {count}")
        promised = together(said.touched, self.twice)
        for stage in sorted({*done.touched, *promised}):
            if done.touched.get(stage) != promised.get(stage):
                self.problems.append(f"{stage}: {done.touched.get(stage)}, forecast {promised.get(stage)}")


class Live:
    """One deployment with its own DAGSTER_HOME, code server and daemon. A context manager, so that all of it is ended."""

    def __init__(self, root: Path, corpus: Corpus):
        self.corpus = corpus
        self.home = root / "dagster"
        self.home.mkdir()
        shutil.copy(PROJECT / "dagster.yaml", self.home)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            **corpus.environment,
            **LOOKS,
            "DAGSTER_HOME": str(self.home),
            "PILE_CODE_PORT": str(_free_port()),
            "PILE_CONTACT": "mailto:corpus@example.org",
        }
        self.events: list[Event] = []
        self.records = Records(self.home)
        self.rebuilding = Rebuilding(root / "rebuilt", corpus)
        self._guard = Guard()
        self._servers: Servers | None = None

    def __enter__(self) -> "Live":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            self.rebuilding.end()
            self._guard.end()
            self.records.close()

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

    # -- waiting ---------------------------------------------------------------------------------------------------

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Poll until something is reached. Fails at once where a server has ended, and after `PATIENCE` with what is known."""
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if self._servers is not None:
                self._servers.check()
            if time.monotonic() > deadline:
                raise AssertionError(f"not reached in {PATIENCE} seconds: {what}\n{self.records.newest()}")
            time.sleep(POLL_SECONDS)

    def settle(self) -> None:
        """Wait until every source has been looked at, and the planner, looking after that, finds nothing due."""
        begun = time.time()
        watching = [f"watch_{source}" for source in self._watched()]
        self.wait(lambda: all(self._looked(name, begun) for name in watching), f"a look at {', '.join(watching)}")
        looked = time.time()
        self.wait(lambda: self._looked("planner", looked) == AT_REST, "the planner at rest")

    def first_look(self) -> None:
        """Wait until the daemon has looked at everything, its own records included, which it then leaves alone."""
        self.wait(lambda: self._looked("reconcile_when_different", 0) is not None, "a comparison of Dagster's records")
        self.settle()

    def _looked(self, sensor: str, since: float) -> str | None:
        return self.records.looked(sensor, since)

    def _watched(self) -> list[str]:
        chains = self.corpus.deployment.open(rehearse=True).chains
        return [source for source, chain in chains.items() if chain.module.HOST is None]

    def catalogue(self, source: str) -> dict[str, Entry]:
        """What the last look at a source found."""
        return State(self.corpus.home, rehearse=True).catalogue(source)

    def partitions(self) -> int:
        """How many partitions all sources publish now."""
        sources = self.corpus.deployment.open(rehearse=True).chains
        return sum(entry.present for source in sources for entry in self.catalogue(source).values())

    # -- events ----------------------------------------------------------------------------------------------------

    @contextmanager
    def event(self, name: str, **runs: int) -> Iterator[Event]:
        """The body prepares an event; then it is forecast, let loose, waited for, and compared with the forecast.

        `runs` are the runs it may cost, by job; those that must fail have `_failing` behind the job's name. What is wrong is
        noted in the event, so that one test reports all of them.
        """
        event = Event(name, runs)
        with Store(self.corpus.home).lock("an event being prepared", exclusive=True, wait=True):
            yield event
            said = event.forecast or self.forecast()
        begun = time.time()
        event.meanwhile()
        self.settle()
        event.seconds_to_rest = time.time() - begun
        event.judge(self.records.done(), said)
        event.problems += self._unlike(said)
        if event.done and event.done.last_shard:
            event.seconds_to_shards = event.done.last_shard - begun
        self.rebuilding.begin(event.unlike_rebuilt)
        self.events.append(event)

    def forecast(self) -> Forecast:
        return forecast(self.corpus.deployment)

    def _unlike(self, said: Forecast) -> Iterator[str]:
        """Where the store is not as forecast, Dagster does not show the store, or rest was claimed too early."""
        session = self.corpus.deployment.open()
        if not planner.plan(session.world()).empty:
            yield "the daemon is at rest although work is due"
        yield from unlike(self.corpus.deployment, said)
        for difference in differs(self.records.instance, session):
            yield f"Dagster shows something else: {difference}"

    # -- telling ---------------------------------------------------------------------------------------------------

    def problems(self) -> list[str]:
        return [f"{event.name}: {problem}" for event in self.events for problem in (*event.problems, *event.unlike_rebuilt)]

    def table(self) -> str:
        """A line an event; seconds are from letting it loose until the last shard, and until nothing is left to do."""
        head = ("event", "runs", "partitions x stages", "forecast = fact", "rebuilt = made", "s to shards", "s to rest")
        chain = frozenset(next(iter(self.corpus.deployment.open(rehearse=True).chains.values())).stages)
        lines = [head, *(_line(event, chain) for event in self.events)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        return "\n".join(" | ".join(map(str.ljust, line, widths)) for line in lines)


def _line(event: Event, chain: frozenset[str]) -> tuple[str, ...]:
    assert event.done
    runs = ", ".join(f"{job.removeprefix('corpus_')} {count}" for job, count in sorted(event.done.runs.items()))
    agreed, same = ("no" if problems else "yes" for problems in (event.problems, event.unlike_rebuilt))
    shards = "" if event.seconds_to_shards is None else f"{event.seconds_to_shards:.0f}"
    return event.name, runs, _stages(event.done.touched, chain), agreed, same, shards, f"{event.seconds_to_rest:.0f}"


def _stages(touched: Touched, chain: frozenset[str]) -> str:
    """Stages by how many of their partitions were materialized; all stages of a chain together are called that."""
    by_count: dict[int, list[str]] = {}
    for stage, places in sorted(touched.items()):
        by_count.setdefault(len(places), []).append(stage)
    for stages in by_count.values():
        if chain <= set(stages):
            stages[:] = ["chain", *(stage for stage in stages if stage not in chain)]
    return "; ".join(f"{count} x {', '.join(stages)}" for count, stages in sorted(by_count.items(), reverse=True))


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
