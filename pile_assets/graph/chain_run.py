"""The body of a run over a source's chain, whoever launched it.

What belongs here: which partitions, one event per stage that has a new version, and telling the operator what happened. What
may not: the steps themselves (`pile_assets.chain`), defining assets (`source_assets`).

A partition that fails does not stop the others; the run fails at its end and names each with cause and next step, so that the
planner counts an attempt. A quarantined one is no failure: it keeps its last version until its input changes.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.storage.tags import BACKFILL_ID_TAG
from pydantic import Field

from pile_assets.chain import Outcome, Request, run_partition
from pile_assets.deployment import Session
from pile_assets.errors import PileError, Quarantine
from pile_assets.graph import checks, events
from pile_assets.graph.event_batches import in_batches
from pile_assets.graph.naming import DIGEST, asset_key, source_work
from pile_assets.graph.working import working
from pile_assets.state import Entry
from pile_assets.steps import Chain
from pile_assets.store import Address

Context = dg.OpExecutionContext | dg.AssetExecutionContext
"""A run of a job, or one launched on assets."""

OBSERVED = 50
"""How many unchanged (stage, partition) a run by hand writes down one by one; its log has the sum of all."""


class ChainConfig(dg.Config):
    """What a run over a source may be told."""

    force: bool = Field(False, description="Do the steps again although nothing they depend on has changed.")
    refetch: bool = Field(False, description="Also ask the publisher for the bytes again.")


class ChainJobConfig(ChainConfig):
    """What a run of a source's job is told: any set of partitions, which a run over assets cannot have."""

    keys: list[str] = Field(description="Partitions to bring up to date, any set of them.")
    pending: dict[str, str] = Field({}, description="Written by the planner: what was due per partition. Leave it empty.")


@dataclass
class Tally:
    """What a run did, gathered partition by partition."""

    worked: Counter[str] = field(default_factory=Counter)  # stages with a new version
    unchanged: list[Outcome] = field(default_factory=list)
    failed: list[PileError] = field(default_factory=list)
    quarantined: list[Quarantine] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        if outcome.action == "unchanged":
            self.unchanged.append(outcome)
        else:
            self.worked[outcome.address.stage] += 1

    def summary(self) -> str:
        made = ", ".join(f"{stage} {count}" for stage, count in self.worked.items()) or "nothing"
        return (
            f"New versions: {made}. Unchanged: {len(self.unchanged)} steps. "
            f"Quarantined: {len(self.quarantined)}. Failed: {len(self.failed)}."
        )


def run_chain(
    context: Context, source: str, keys: Sequence[str], config: ChainConfig, stages: Collection[str] | None = None
) -> None:
    """Bring partitions of a source up to date, all stages or some. Raises dg.Failure naming all that could not be."""
    with working(source_work(source), context.log.warning) as session:
        try:
            chain = session.chain(source)
        except PileError as refused:
            raise events.failures([refused]) from refused
        if config.refetch:  # once a run: whoever keeps one archive for all partitions asks for it once
            session.view.store.forget_source_cache(source)
        request = Request(stages=stages, force=config.force, refetch=config.refetch)
        tally = _run_partitions(context, session, chain, keys, request)
        context.log.info(tally.summary())
        if by_hand(context):
            _tell_unchanged(context, tally, events.surroundings(session))
        if tally.worked:
            checks.repeat(context.instance, session, source_work(source))
    if tally.failed:
        raise events.failures(tally.failed)


def by_hand(context: Context) -> bool:
    """Whether a person launched this run, not the planner."""
    return DIGEST not in context.run.tags


def in_backfill(context: Context) -> bool:
    """Whether a person launched a range: Dagster counts a partition of it as failed that has no materialization."""
    return BACKFILL_ID_TAG in context.run.tags


def _run_partitions(context: Context, session: Session, chain: Chain, keys: Collection[str], request: Request) -> Tally:
    tally = Tally()
    around = events.surroundings(session)
    for key in keys:
        outcomes: list[Outcome] = []
        notes: list[dg.AssetObservation] = []
        try:
            run_partition(session.view, session.vault, chain, key, _entry(session, chain, key), outcomes.append, request)
        except Quarantine as found:
            tally.quarantined.append(found)
            context.log.warning(str(found))
            notes = _quarantines(session, chain, key)
        except PileError as found:
            tally.failed.append(found)
            context.log.error(str(found))
        with in_batches(context.instance):
            for outcome in outcomes:
                tally.add(outcome)
                if outcome.action != "unchanged":
                    context.log_event(events.of_outcome(outcome, around))
            for note in notes:
                context.log_event(note)
    return tally


def _entry(session: Session, chain: Chain, key: str) -> Entry:
    entry = session.catalogues[chain.record.id].get(key)
    if entry is None:
        raise PileError(
            "The publisher has never listed such a partition, so there is nothing to fetch.",
            remedy="Partitions come from upstream and cannot be added by hand: delete it on the asset's Partitions tab.",
            source=chain.record.id,
            partition=key,
        )
    return entry


def _quarantines(session: Session, chain: Chain, key: str) -> list[dg.AssetObservation]:
    """A quarantine as it is shown on the stage whose input is unusable."""
    addresses = (Address.of_source(chain.record.id, stage, key) for stage in chain.stages)
    return [events.of_quarantine(address, note) for address in addresses if (note := session.view.quarantined(address))]


def _tell_unchanged(context: Context, tally: Tally, around: events.Surroundings) -> None:
    """A button that did nothing says so, in the run's log and on the pages of what was asked for."""
    if not tally.unchanged:
        return
    remedy = "Launch it with force: true to do the steps again, with refetch: true to ask the publisher again too."
    if not tally.worked:
        context.log.warning(f"Unchanged: everything asked for is up to date, so nothing was done. {remedy}")
    with in_batches(context.instance):
        if in_backfill(context):
            for outcome in tally.unchanged:
                context.log_event(events.of_unchanged_again(outcome.manifest, around, remedy))
        else:
            for outcome in tally.unchanged[:OBSERVED]:
                context.log_event(events.of_unchanged(asset_key(outcome.address), outcome.address.partition, remedy))
