"""Looking at publishers and reporting what is new: a sensor for sources on this machine, a schedule for those on the network.

What belongs here: when to look, and the events on `S/upstream`. What may not: listing a publisher (`pile_assets.sources`),
deciding what follows from a change (`pile_assets.planner`).

A look writes the catalogue, which is what the planner reads; the events only show it. So an event lost between the two
costs nothing but the display, and `reconcile` reports it again.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from pile_assets.deployment import Session
from pile_assets.errors import Busy, NotAdmitted, PileError
from pile_assets.graph import events
from pile_assets.graph.corpus_run import add_partitions
from pile_assets.graph.naming import catalogue_work, refresh_job
from pile_assets.graph.plain_jobs import plain_job, plain_schedule
from pile_assets.graph.source_assets import partitions_of
from pile_assets.graph.sources import SourceInGraph
from pile_assets.graph.working import working
from pile_assets.registry.models import Refresh

OVERDUE_SECONDS = 60
"""How often it is checked whether a refresh was missed or failed."""
GRACE_SECONDS = 300
"""How long after its hour a schedule has to launch the refresh before that counts as missed."""
RETRY_SECONDS = 900
"""Pause after a refresh that failed: publishers are not to be pressed."""


@dataclass(frozen=True)
class Look:
    """What a look at a publisher found: the new keys and the events to report, and what an operator should read."""

    keys: Sequence[str]
    events: Sequence[dg.AssetMaterialization]
    problems: Sequence[PileError]
    notes: Sequence[str]


def report_upstream(session: Session, source: str) -> Look:
    """Look at a publisher, write the catalogue, and say what to report. Raises PileError where it cannot be read."""
    changes, problems, discovery = session.discover(source)
    catalogue = session.catalogues[source]
    return Look(
        keys=[change.partition for change in changes if change.kind == "new"],
        events=[events.of_upstream(source, change.partition, catalogue[change.partition]) for change in changes],
        problems=problems,
        notes=discovery.notes,
    )


# -- sources on this machine ---------------------------------------------------------------------------------------


def source_sensor(source: SourceInGraph, seconds: int) -> dg.SensorDefinition:
    """Looks at a source on this machine every few seconds."""
    name = source.name

    @dg.sensor(
        name=f"watch_{name}",
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Looks at {source.record.title} and reports new, changed and withdrawn partitions on {name}/upstream.",
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            with working(catalogue_work(name)) as session:
                look = report_upstream(session, name)
        except (Busy, NotAdmitted) as refused:  # the second until the graph has been loaded without this sensor
            return dg.SkipReason(str(refused))
        for problem in look.problems:
            context.log.error(str(problem))
        if not look.events:
            return dg.SkipReason(" ".join(["Nothing has changed.", *look.notes]))
        return dg.SensorResult(
            dynamic_partitions_requests=[partitions_of(name).build_add_request(list(look.keys))] if look.keys else [],
            asset_events=list(look.events),
        )

    return watch


# -- sources on the network ----------------------------------------------------------------------------------------


def refresh_job_of(source: SourceInGraph) -> dg.JobDefinition:
    """A job that looks at the publisher now."""
    name = source.name

    @dg.op(name=f"look_at_{name}", pool=source.host)
    def look(context: dg.OpExecutionContext) -> None:
        try:
            with working(catalogue_work(name), context.log.warning) as session:
                found = report_upstream(session, name)
        except PileError as error:
            raise events.failures([error]) from error
        add_partitions(context.instance, name, found.keys)
        for event in found.events:
            context.log_event(event)
        for problem in found.problems:
            context.log.error(str(problem))
        context.log.info(" ".join([f"{len(found.events)} partitions are new or changed.", *found.notes]))

    return plain_job(
        catalogue_work(name),
        look,
        f"Asks {source.record.title} for news and reports it on {name}/upstream.",
        name=refresh_job(name),
    )


def refresh_schedule(source: SourceInGraph) -> dg.ScheduleDefinition:
    """The refresh of a source at its record's pace; off by default where a sensor looks all the time."""
    return plain_schedule(
        schedule_name(source.name),
        refresh_job(source.name),
        cron(source.record.refresh, source.record.seniority),
        f"Asks {source.record.title} for news."
        + (" A sensor does so all the time; switch this on only if you stop that." if source.watched else ""),
        dg.DefaultScheduleStatus.STOPPED if source.watched else dg.DefaultScheduleStatus.RUNNING,
    )


def schedule_name(source: str) -> str:
    return f"refresh_{source}_schedule"


def cron(refresh: Refresh, seniority: int) -> str:
    """The schedule of a pace. Seniority, unique per source, spreads the sources over minutes, hours and days."""
    minute, hour, day = 7 * seniority % 60, 5 * seniority % 24, seniority % 7
    return {
        Refresh.HOURLY: f"{minute} * * * *",
        Refresh.DAILY: f"{minute} {hour} * * *",
        Refresh.WEEKLY: f"{minute} {hour} * * {day}",
        Refresh.MONTHLY: f"{minute} {hour} {1 + seniority % 28} * *",
    }[refresh]


PERIOD = {Refresh.HOURLY: 3600, Refresh.DAILY: 86400, Refresh.WEEKLY: 7 * 86400, Refresh.MONTHLY: 31 * 86400}
"""Seconds between two refreshes of a pace, at most."""


def is_overdue(refresh: Refresh, succeeded: float | None, failed: float | None, now: float) -> bool:
    """Whether a refresh must be made good. Times are of the last runs, in seconds; None where there was none.

    A source that was never read is due at once. What fails waits, however long it is overdue.
    """
    if failed is not None and now - failed < RETRY_SECONDS:
        return False
    if succeeded is None or (failed is not None and failed > succeeded):
        return True
    return now - succeeded > PERIOD[refresh] + GRACE_SECONDS


def overdue_sensor(sources: Iterable[SourceInGraph], jobs: Mapping[str, dg.JobDefinition]) -> dg.SensorDefinition | None:
    """Makes good what schedules missed: a first look, an hour at which nothing ran, a refresh that failed."""
    paces = {source.name: source.record.refresh for source in sources if source.refusal is None and not source.watched}
    if not paces:
        return None

    @dg.sensor(
        name="overdue_refreshes",
        jobs=[job for name, job in jobs.items() if name in paces],
        minimum_interval_seconds=OVERDUE_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Launches the refresh of a source whose schedule missed its time, or whose last refresh failed.",
    )
    def overdue(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        stopped = {state.name for state in context.instance.all_instigator_state() if state.status.value == "STOPPED"}
        requests = []
        for name, pace in sorted(paces.items()):
            runs = context.instance.get_run_records(dg.RunsFilter(job_name=refresh_job(name)), limit=10)
            if schedule_name(name) in stopped or any(not run.dagster_run.is_finished for run in runs):
                continue
            if is_overdue(pace, _last_end(runs, good=True), _last_end(runs, good=False), time.time()):
                last = runs[0].dagster_run.run_id if runs else "first"
                requests.append(dg.RunRequest(job_name=refresh_job(name), run_key=f"{name}:after:{last}"))
        return dg.SensorResult(requests, skip_reason=None if requests else "Every source was asked when it should be.")

    return overdue


def _last_end(runs: Sequence[dg.RunRecord], *, good: bool) -> float | None:
    """When the newest run ended that succeeded, or that did not."""
    ends = (run.end_time for run in runs if run.dagster_run.is_success is good)
    return max((end for end in ends if end is not None), default=None)
