"""The planner's sensor: what the planner says is due, requested as runs, wave by wave.

What belongs here: turning a wave into run requests, leaving out what is in progress, and giving up. What may not: deciding
what is stale (`pile_assets.planner`), doing it (`chain_run`, `corpus_run`).

A wave is: the takedown ledger; then every source's pending partitions, one run a source; when none is left, `dedup`; then
every domain, its plan and shards in one run; then the release; then bytes to be removed. What has failed as often as it may no
longer holds up the waves after it; it is tried again as soon as anything it depends on changes, and else once an hour.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from pile_assets import planner
from pile_assets.alerts import Alert, read_alerts, write_alerts
from pile_assets.deployment import Deployment, Session
from pile_assets.graph import runs
from pile_assets.graph.checks import keeps_up, report_changed
from pile_assets.graph.naming import (
    ATTEMPT,
    DEDUP_WORK,
    DIGEST,
    PURGE_WORK,
    RELEASE_WORK,
    TAKEDOWNS_WORK,
    WORK,
    domain_work,
    job_name,
    op_name,
    source_work,
)
from pile_assets.graph.settings import Settings
from pile_assets.graph.working import building
from pile_assets.store import Address, digest
from pile_assets.withdrawal import purge

PAUSES = (0, 5, 20, 60)
"""Seconds before the first, second, third and every further attempt."""
GIVEN_UP_PAUSE = 3600
"""Seconds between attempts at work that has been given up."""


@dataclass(frozen=True)
class Piece:
    """One piece of work that is due: what is pending of it, each item with the digest of all it depends on."""

    work: str
    pending: Mapping[str, str]  # partition -> digest for a source, "" -> digest for other work


@dataclass
class Decision:
    """What a tick asks for and what it tells."""

    requests: list[dg.RunRequest] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # why nothing more is asked for, for the tick's page
    busy: set[str] = field(default_factory=set)  # work that is being done
    judged: list[str] = field(default_factory=list)  # kinds of work that were looked at, by how they begin

    def standing(self, earlier: Iterable[Alert]) -> list[Alert]:
        """The alerts that stand now: those raised, and earlier ones on work that was not looked at."""
        judged = tuple(self.judged)
        kept = [alert for alert in earlier if alert.work in self.busy or not alert.work.startswith(judged)]
        return sorted({*kept, *self.alerts})


def decide(instance: dg.DagsterInstance, session: Session, attempts: int, now: float) -> Decision:
    """The runs to request at this moment. Ends runs whose process is gone, so that their work is asked for again."""
    store = session.view.store
    if building(store):
        return Decision(waiting=["`pile build` is at work."])
    runs.end_dead_runs(instance, store)
    decision = Decision(busy={work for record in runs.unfinished(instance) for work in runs.works_of(record.dagster_run)})
    for kind, wave in waves(session):
        decision.judged.append(kind)
        free = [piece for piece in wave if piece.work not in decision.busy]
        holding = [work for work in sorted(decision.busy) if work.startswith(kind)]
        holding += _request(instance, free, attempts, now, decision)
        if holding:
            decision.waiting.append(f"At work or waiting: {', '.join(holding)}.")
            break
    return decision


def waves(session: Session) -> Iterator[tuple[str, list[Piece]]]:
    """The pieces of work that are due, each kind with how its works begin, in the order in which kinds must be done."""
    world = session.world()
    if not any(world.catalogues.values()):
        return  # no source has been read yet: an empty corpus is not worth a run
    wave = planner.plan(world)
    yield TAKEDOWNS_WORK, [Piece(TAKEDOWNS_WORK, {"": _short(wave.takedowns)})] if wave.takedowns else []
    yield "sources/", [_chain(world, source, stale) for source, stale in wave.chains.items()]
    yield DEDUP_WORK, [Piece(DEDUP_WORK, {"": _short(wave.dedup)})] if wave.dedup else []
    yield "domains/", [_domain(world, wave, domain) for domain in sorted({*wave.plans, *wave.shards})]
    yield RELEASE_WORK, [Piece(RELEASE_WORK, {"": _short(wave.release)})] if wave.release else []
    due = purge.due(session.vault, session.view)
    yield PURGE_WORK, [Piece(PURGE_WORK, {"": _short(due)})] if due else []


def _chain(world: planner.World, source: str, stale: Mapping[str, str]) -> Piece:
    pending = {partition: _chain_digest(world, source, partition, stage) for partition, stage in stale.items()}
    return Piece(source_work(source), pending)


def _chain_digest(world: planner.World, source: str, partition: str, stage: str) -> str:
    """What is due of a partition: its first stale step, and the key that step would have."""
    chain, entry = world.chains[source], world.catalogues[source][partition]
    step = chain.step(stage)
    inputs = chain.inputs(step, partition, entry, world.manifest)
    key = step.key(Address.of_source(source, stage, partition), inputs) if inputs is not None else ""
    return _short(digest([stage, entry.upstream, key]))


def _domain(world: planner.World, wave: planner.Wave, domain: str) -> Piece:
    plan = world.manifest(Address.of_domain(domain, "shard_plan"))
    due = digest([wave.plans.get(domain), wave.shards.get(domain), plan.key if plan else None])
    return Piece(domain_work(domain), {"": _short(due)})


def _short(due: str) -> str:
    """What stands in a run's tag: a longer value breaks the table of runs in the UI."""
    return due[:12]


def _request(instance: dg.DagsterInstance, wave: Sequence[Piece], attempts: int, now: float, decision: Decision) -> list[str]:
    """Add the requests and alerts of one wave to the decision; returns the work that later waves must wait for."""
    holding = []
    for piece in wave:
        past = runs.finished(instance, piece.work)
        tried = {item: runs.attempts(past, item, due) for item, due in piece.pending.items()}
        ready = {item: due for item, due in piece.pending.items() if now - tried[item][1] >= pause(tried[item][0], attempts)}
        if ready:
            decision.requests.append(_run_request(instance, piece, ready, 1 + max(tried[item][0] for item in ready)))
        given_up = {item: tried[item][0] for item in sorted(piece.pending) if tried[item][0] >= attempts}
        if given_up:
            decision.alerts.append(_alert(instance, piece, given_up, past))
        if len(given_up) < len(piece.pending):
            holding.append(piece.work)
    return holding


def pause(tried: int, attempts: int) -> int:
    """Seconds to wait after the last of so many attempts."""
    return GIVEN_UP_PAUSE if tried >= attempts else PAUSES[min(tried, len(PAUSES) - 1)]


def _run_request(instance: dg.DagsterInstance, piece: Piece, ready: Mapping[str, str], attempt: int) -> dg.RunRequest:
    config = {"keys": sorted(ready), "pending": dict(ready)}
    due = ready[""] if "" in ready else _short(digest(ready))
    return dg.RunRequest(
        run_key=f"{piece.work}:{due}:{runs.requested(instance, piece.work, due)}",
        job_name=job_name(piece.work),
        run_config={} if "" in ready else {"ops": {op_name(piece.work): {"config": config}}},
        tags={WORK: piece.work, DIGEST: due, ATTEMPT: str(attempt), "dagster/max_retries": "0"},
    )


def _alert(instance: dg.DagsterInstance, piece: Piece, given_up: Mapping[str, int], past: Sequence[dg.RunRecord]) -> Alert:
    last = next(record.dagster_run.run_id for record in past if given_up.keys() & runs.pending_of(record.dagster_run).keys())
    return Alert(
        work=piece.work,
        partitions=tuple(item for item in given_up if item),
        attempts=max(given_up.values()),
        cause=runs.failure_of(instance, last),
        remedy="Mend the cause, then launch it by hand; or wait: a change of its input, or an hour, has it tried again.",
        run=last,
    )


def planner_sensor(jobs: Sequence[Any], settings: Settings) -> dg.SensorDefinition:
    """Asks for the work that is due, every few seconds."""

    @dg.sensor(
        name="planner",
        jobs=jobs,
        minimum_interval_seconds=settings.planner_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Requests the work that is due as runs, wave by wave. `pile plan` prints the same work.",
    )
    def plan(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        session = Deployment.from_environment().open()
        session.turn_year()
        decision = decide(context.instance, session, settings.attempts, time.time())
        told = _tell_alerts(context, session.view.store.home, decision)
        reason = " ".join(decision.waiting) or "Everything is up to date."
        return dg.SensorResult(decision.requests, skip_reason=None if decision.requests else f"{told}{reason}")

    return plan


def _tell_alerts(context: dg.SensorEvaluationContext, home: Path, decision: Decision) -> str:
    """Write alerts that have changed where `pile status` and the UI show them; returns them in a line for the tick."""
    before = read_alerts(home)
    alerts = decision.standing(before)
    if alerts != before:
        write_alerts(home, alerts)
        concerned = sorted({alert.work for alert in (*before, *alerts)})
        report_changed(context.instance, [keeps_up(work, alerts) for work in concerned])
        for alert in alerts:
            context.log.error(f"{alert.work} is given up after {alert.attempts} attempts: {alert.cause} Next: {alert.remedy}")
    return f"Given up: {', '.join(alert.work for alert in alerts)}. " if alerts else ""
