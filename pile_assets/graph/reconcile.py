"""Telling Dagster again what the store holds, wherever its records differ.

What belongs here: comparing the store and the catalogue with Dagster's latest versions, and reporting the differences. What
may not: changing the store, deleting anything in Dagster.

It heals what the UI and losses can make untrue: a database that was removed, Wipe, Delete partition, Report materialization,
an event lost between a commit and its report; and it reports all that `pile build` did. A dynamic partition is added where
it is missing and never taken away.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import dagster as dg

from pile_assets.alerts import read_alerts
from pile_assets.chain import Outcome
from pile_assets.deployment import Deployment, Session
from pile_assets.errors import Busy
from pile_assets.graph import checks, events
from pile_assets.graph.corpus_run import add_partitions
from pile_assets.graph.event_batches import in_batches
from pile_assets.graph.facts import AssetFacts, Facts
from pile_assets.graph.naming import DATA_VERSION, RECONCILE_WORK, WORK
from pile_assets.graph.plain_jobs import plain_job
from pile_assets.graph.runs import UNFINISHED
from pile_assets.graph.sources import SourceInGraph, sources_in_graph
from pile_assets.graph.working import at_work, building, lock_name, working

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
    busy: list[str] = field(default_factory=list)  # works left out, because a run is at them and reports itself

    @property
    def reported(self) -> int:
        return sum(self.events.values())


def reconcile(
    instance: dg.DagsterInstance,
    session: Session,
    *,
    outcomes: Iterable[Outcome] = (),
    progress: Progress = lambda what, done, total: None,
) -> Reconciled:
    """Report every version that Dagster does not have as its latest. Two queries an asset; one event a difference.

    `outcomes` are what a build has just done, see `Facts`. Each piece of work is compared and told under its lock, so that
    no run reports a newer version in between.
    """
    done = Reconciled()
    shown = sources_in_graph(session)
    facts = Facts(session, shown, {outcome.address: outcome for outcome in outcomes})
    for name, keys in facts.partitions():
        done.partitions += add_partitions(instance, name, keys)
    for work in facts.works():
        try:
            with session.view.store.lock("reconcile", exclusive=True, name=lock_name(work)):
                _tell(
                    instance,
                    [event for asset in facts.assets(work) for event in _differences(instance, asset, done)],
                    done,
                    progress,
                )
        except Busy:
            done.busy.append(work)
    done.checks = checks.report_changed(instance, _signals(session, shown))
    return done


def _tell(instance: dg.DagsterInstance, due: list[dg.AssetMaterialization], done: Reconciled, progress: Progress) -> None:
    with in_batches(instance):
        for number, event in enumerate(due):
            name = event.asset_key.to_user_string()
            progress(f"telling Dagster of {name}", number, len(due))
            instance.report_runless_asset_event(event)
            done.events[name] = done.events.get(name, 0) + 1


def differs(instance: dg.DagsterInstance, session: Session) -> Iterator[str]:
    """What would have to be told again, in words; works that a run is at are left out."""
    shown = sources_in_graph(session)
    facts = Facts(session, shown, {})
    for name, keys in facts.partitions():
        if missing := set(keys) - set(instance.get_dynamic_partitions(name)):
            yield f"{len(missing)} partitions of {name}"
    for work in facts.works():
        for asset in facts.assets(work) if not at_work(session.view.store, work) else ():
            if due := sum(1 for _ in _differences(instance, asset, Reconciled())):
                yield f"{asset.key.to_user_string()} ({due})"


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
    alerts = read_alerts(session.view.store.home)
    for work in checks.works(found):
        yield checks.keeps_up(work, alerts)
    for source in found:
        yield checks.licence_reviewed(source, session.today)
        yield checks.evidence_unchanged(source, session.state.evidence(source.name))
    yield checks.ledger_is_whole(session.vault)
    if session.vault.used:
        yield checks.nothing_withdrawn(session)


def reconcile_job() -> dg.JobDefinition:
    """Reconciles now; there is no harm in launching it at any time."""

    @dg.op(name="tell_dagster")
    def tell(context: dg.OpExecutionContext) -> None:
        with working(RECONCILE_WORK, context.log.warning) as session:
            done = reconcile(context.instance, session)
        context.log.info(
            f"Told again: {done.events or 'nothing'}. Taken back: {done.absent}. Partitions added: {done.partitions}."
        )
        if done.busy:
            context.log.warning(f"Left out, because runs are at them: {', '.join(done.busy)}.")

    return plain_job(RECONCILE_WORK, tell, "Reports what the store holds wherever Dagster's records differ, e.g. after Wipe.")


def reconcile_sensor(job: dg.JobDefinition, seconds: int) -> dg.SensorDefinition:
    """Compares Dagster's records with the store, and has them reconciled where two looks in a row find the same difference:
    at one look a commit may be on its way to its event."""

    @dg.sensor(
        name="reconcile_when_different",
        job=job,
        minimum_interval_seconds=seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Compares Dagster's records with the store, and launches `reconcile` where they differ.",
    )
    def compare(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        session = Deployment.from_environment().open()
        if building(session.view.store):
            return dg.SkipReason("`pile build` is at work and reports when it is done.")
        if context.instance.get_run_records(dg.RunsFilter(tags={WORK: RECONCILE_WORK}, statuses=UNFINISHED), limit=1):
            return dg.SkipReason("It is being reconciled.")
        found = ", ".join(differs(context.instance, session))
        seen, said = context.cursor, f"Dagster's records differ from the store: {found}."
        context.update_cursor(found)
        if not found:
            return dg.SkipReason("Dagster's records are those of the store.")
        if found != seen:
            return dg.SkipReason(f"{said} If they still do at the next look, they are reconciled.")
        context.log.warning(said)
        return dg.RunRequest()

    return compare
