"""Telling Dagster again what the store holds, wherever its records differ.

What belongs here: comparing the store and the catalogue with Dagster's latest versions, and reporting the differences. What
may not: changing the store, deleting anything in Dagster.

It heals what the UI and losses can make untrue: a database that was removed, Wipe, Delete partition, Report materialization,
an event lost between a commit and its report; and it reports all that `pile build` did. A dynamic partition is added where
it is missing and never taken away.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import dagster as dg

from pile_assets.alerts import read_alerts
from pile_assets.chain import Outcome
from pile_assets.deployment import Deployment, Session
from pile_assets.graph import checks, events, runs
from pile_assets.graph.corpus_run import add_partitions
from pile_assets.graph.facts import AssetFacts, Facts
from pile_assets.graph.naming import DATA_VERSION
from pile_assets.graph.sources import SourceInGraph, sources_in_graph
from pile_assets.graph.working import building

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is finished, and how much there is."""


@dataclass
class Reconciled:
    """What had to be told again."""

    compared: int = 0  # asset partitions looked at
    partitions: int = 0  # dynamic partitions added
    events: dict[str, int] = field(default_factory=dict)  # asset -> materializations reported
    absent: int = 0  # of them, those that take back a report by hand
    checks: int = 0  # check results reported

    @property
    def reported(self) -> int:
        return sum(self.events.values())


def reconcile(
    instance: dg.DagsterInstance,
    session: Session,
    *,
    outcomes: Iterable[Outcome] = (),
    busy: Collection[str] = (),
    progress: Progress = lambda what, done, total: None,
) -> Reconciled:
    """Report every version that Dagster does not have as its latest. Two queries an asset; one event a difference.

    `outcomes` are what a build has just done, `busy` the works whose runs report themselves (see `Facts`).
    """
    done = Reconciled()
    shown = sources_in_graph(session)
    facts = Facts(session, shown, {outcome.address: outcome for outcome in outcomes}, busy)
    for name, keys in facts.partitions():
        done.partitions += add_partitions(instance, name, keys)
    due = [event for asset in facts.assets() for event in _differences(instance, asset, done)]
    for number, event in enumerate(due):
        name = event.asset_key.to_user_string()
        progress(f"telling Dagster of {name}", number, len(due))
        instance.report_runless_asset_event(event)
        done.events[name] = done.events.get(name, 0) + 1
    done.checks = checks.report_changed(instance, _signals(session, shown))
    return done


def _differences(instance: dg.DagsterInstance, asset: AssetFacts, done: Reconciled) -> Iterator[dg.AssetMaterialization]:
    """The events that make Dagster's latest versions of one asset those of the facts."""
    latest = _latest_versions(instance, asset)
    done.compared += len(asset.facts)
    for partition, fact in asset.facts.items():
        if fact.insist or latest.get(partition) != fact.version:
            yield fact.event()
    for partition in sorted(latest.keys() - asset.facts.keys(), key=str):
        if latest[partition] != events.ABSENT:
            done.absent += 1
            yield events.of_absence(asset.key, partition)


def _latest_versions(instance: dg.DagsterInstance, asset: AssetFacts) -> dict[str | None, str | None]:
    """Dagster's latest data version per partition; None for one that was reported without a version."""
    if not asset.partitioned:
        event = instance.get_latest_materialization_event(asset.key)
        materialization = event.asset_materialization if event else None
        return {None: (materialization.tags or {}).get(DATA_VERSION)} if materialization else {}
    storage = instance.event_log_storage
    known: dict[str | None, str | None] = dict.fromkeys(storage.get_materialized_partitions(asset.key))
    tags = storage.get_latest_tags_by_partition(asset.key, dg.DagsterEventType.ASSET_MATERIALIZATION, [DATA_VERSION])
    return known | {partition: found.get(DATA_VERSION) for partition, found in tags.items()}


def _signals(session: Session, shown: Iterable[SourceInGraph]) -> Iterator[dg.AssetCheckResult]:
    """The checks that need no reading of shards."""
    found = list(shown)
    alerts, today = read_alerts(session.view.store.home), datetime.now(UTC).date()
    for work in checks.works(found):
        yield checks.keeps_up(work, alerts)
    for source in found:
        yield checks.licence_reviewed(source, today)


def reconcile_sensor(seconds: int) -> dg.SensorDefinition:
    """Compares Dagster's records with the store every few minutes."""

    @dg.sensor(
        name="reconcile",
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Reports what the store holds wherever Dagster's records differ, e.g. after Wipe.",
    )
    def reconciling(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        session = Deployment.from_environment().open()
        if building(session.view.store):
            return dg.SkipReason("`pile build` is at work and reports when it is done.")
        at_work = {work for record in runs.unfinished(context.instance) for work in runs.works_of(record.dagster_run)}
        done = reconcile(context.instance, session, busy=at_work)
        if done.reported:
            context.log.warning(f"Dagster's records differed from the store and were mended: {done.events}.")
        return dg.SkipReason(
            f"Compared {done.compared} asset partitions; told again: {done.reported}, taken back: {done.absent}, "
            f"partitions added: {done.partitions}."
        )

    return reconciling
