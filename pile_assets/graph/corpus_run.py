"""The bodies of runs over the whole corpus: `takedowns`, `dedup`, a domain's plan and shards, the release.

What belongs here: calling the corpus-wide steps under their locks and reporting what has a new version. What may not: the
steps themselves (`pile_assets.corpus`, `pile_assets.assembly`), defining assets (`corpus_assets`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from pydantic import Field

from pile_assets import assembly, corpus, planner, publishing
from pile_assets.chain import Outcome
from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.graph import checks, events
from pile_assets.graph.chain_run import Context, by_hand, in_backfill
from pile_assets.graph.event_batches import in_batches
from pile_assets.graph.naming import (
    DEDUP_WORK,
    RELEASE_WORK,
    TAKEDOWNS_WORK,
    asset_key,
    domain_work,
    partition_of,
    shard_partitions,
)
from pile_assets.graph.working import working
from pile_assets.steps import TAKEDOWNS
from pile_assets.store import Address, Manifest
from pile_assets.withdrawal import absence
from pile_assets.withdrawal import step as takedowns

FORCE = "Launch it with force: true to do it again all the same."


class CorpusConfig(dg.Config):
    """What a run over the whole corpus may be told."""

    force: bool = Field(False, description="Do it again although nothing it depends on has changed.")


def run_takedowns(context: Context, config: CorpusConfig) -> None:
    """Apply the takedown ledger, and report `suppressions` for the partitions whose documents changed."""
    with _at(context, TAKEDOWNS_WORK) as work:
        session = work.session
        key = takedowns.key_of(session.vault, session.view)
        if key is None:
            context.log.info("There is no takedown ledger, so there is nothing to apply.")
        elif config.force or planner.stale_takedowns(session.world()) or not work.is_current(TAKEDOWNS, key):
            work.do(takedowns.run, session.vault, session.view, session.sources.frozen)
            checks.report_takedowns(context.instance, session)


def run_dedup(context: Context, config: CorpusConfig) -> None:
    """Resolve duplicates, and report `unique` for the partitions whose verdicts changed."""
    with _at(context, DEDUP_WORK) as work:
        session = work.session
        found = corpus.members(session.sources, session.view.get, session.view.partitions)
        key = corpus.dedup_key(found, session.state.seniority())
        if config.force or not work.is_current(corpus.DEDUP, key):
            work.do(corpus.run_dedup, session.view, session.state, session.sources, afresh=config.force)


def run_legal_kit(context: Context, config: CorpusConfig) -> None:
    """Gather the legal kit."""
    with _at(context, RELEASE_WORK) as work:
        _publish(work, ("legal_kit",), force=config.force)


def run_cards(context: Context, config: CorpusConfig) -> None:
    """Compute the cards, after the legal kit where that is due."""
    with _at(context, RELEASE_WORK) as work:
        _publish(work, ("legal_kit", "cards"), force=config.force)


def run_release(context: Context, config: CorpusConfig) -> None:
    """Write the release, after the legal kit and the cards where these are due."""
    with _at(context, RELEASE_WORK) as work:
        _publish(work, ("legal_kit", "cards", "release"), force=config.force)
        if work.told:
            absence.settle(work.session.vault, work.session.view)
            checks.report_takedowns(context.instance, work.session)


def run_plan(context: Context, domain: str, config: CorpusConfig) -> None:
    """Plan a domain's shards."""
    with _at(context, domain_work(domain)) as work:
        _plan(work, domain, force=config.force)


def run_shards(context: Context, domain: str, shards: Collection[str], config: CorpusConfig) -> None:
    """Write shards of a domain; those the plan does not have are refused."""
    with _at(context, domain_work(domain)) as work:
        refused = {shard: why for shard in shards if (why := unadmitted(work.session, domain, shard))}
        work.failed += refused.values()
        _write_shards(work, domain, [shard for shard in shards if shard not in refused], force=config.force)


def run_domain(context: Context, domain: str) -> None:
    """Plan a domain's shards if that is due, and write those that are due then."""
    with _at(context, domain_work(domain)) as work:
        _plan(work, domain, force=False)
        if not work.failed:
            _write_shards(work, domain, _due_shards(work.session, domain), force=False)


# -- one run -------------------------------------------------------------------------------------------------------


class _Work:
    """One run at corpus-wide work: does steps, reports their new versions, gathers what failed."""

    def __init__(self, context: Context, session: Session):
        self.context, self.session = context, session
        self.failed: list[PileError] = []
        self.around = events.surroundings(session)
        self.told = False  # whether anything has a new version

    def do(self, step: Callable[..., None], *arguments: Any, **options: Any) -> None:
        """Do a step and report what it committed, also where it failed half way, so that other steps can go on."""
        outcomes: list[Outcome] = []
        try:
            step(*arguments, report=outcomes.append, **options)
        except PileError as failed:
            self.failed.append(failed)
        except OSError as error:
            remedy = "Free disk space or mend permissions under PILE_HOME; it is tried again by itself."
            self.failed.append(PileError(f"The machine refused a read or write: {error}.", remedy=remedy))
        with in_batches(self.context.instance):
            for outcome in outcomes:
                self._tell(outcome)

    def is_current(self, address: Address, key: str) -> bool:
        """Whether the step has been done with this key; says so."""
        manifest = self.session.view.get(address)
        if manifest is None or manifest.key != key:
            return False
        self._tell_unchanged(address)
        return True

    def _tell(self, outcome: Outcome) -> None:
        if outcome.action != "unchanged":
            self.told = True
            self.context.log_event(events.of_outcome(outcome, self.around))
        elif outcome.address.stage != "unique":  # of those, most are unchanged in every run
            self._tell_unchanged(outcome.address)

    def _tell_unchanged(self, address: Address) -> None:
        key = asset_key(address)
        self.context.log.warning(f"Unchanged: {key.to_user_string()} is up to date, so nothing was done. {FORCE}")
        if in_backfill(self.context):
            self.context.log_event(events.of_unchanged_again(self.session.view.need(address), self.around, FORCE))
        elif by_hand(self.context):
            self.context.log_event(events.of_unchanged(key, partition_of(address), FORCE))


@contextmanager
def _at(context: Context, work: str) -> Iterator[_Work]:
    """A run at a piece of work, alone. Raises dg.Failure at the end, naming everything that failed."""
    with working(work, context.log.warning) as session:
        run = _Work(context, session)
        yield run
        if run.told:
            checks.repeat(context.instance, session, work)
    if run.failed:
        raise events.failures(run.failed)


# -- the release ---------------------------------------------------------------------------------------------------


def _publish(work: "_Work", stages: Sequence[str], *, force: bool) -> None:
    """Do these steps in order, each where it is due; the last one says so where it is not, and is done again where forced."""
    publisher = work.session.publisher
    for stage in stages:
        step, key = publishing.STEPS[stage], publisher.keys.of(stage)
        last = stage == stages[-1]
        manifest = work.session.view.get(Address("corpus", stage))
        if (force and last) or manifest is None or manifest.key != key:
            work.do(step, publisher, force=force and last)
        elif last:
            work.is_current(manifest.address, key)
        if work.failed:
            return


# -- a domain ------------------------------------------------------------------------------------------------------


def _plan(work: _Work, domain: str, *, force: bool) -> None:
    """Plan, and report the inputs of every shard where they changed and the partitions that land elsewhere now."""
    session, view = work.session, work.session.view
    address = Address.of_domain(domain, "shard_plan")
    placed = assembly.placements(domain, session.sources, view.get, view.partitions)
    if not force and work.is_current(address, assembly.plan_key(domain, placed, session.deployment.shard_bytes)):
        return
    before = view.get(address)
    work.do(assembly.run_plan, view, session.sources, domain, session.deployment.shard_bytes)
    plan = view.get(address)
    if plan is None or plan is before:
        return
    add_partitions(work.context.instance, shard_partitions(domain), plan.facts["shards"])
    with in_batches(work.context.instance):
        for shard in changed_inputs(before, plan):
            work.context.log_event(events.of_shard_inputs(plan, shard))
        for (source, partition), shards in sorted(events.surroundings(session).landing.items()):
            if shards != work.around.landing.get((source, partition), []):
                version = view.need(Address.of_source(source, "unique", partition)).data_version
                work.context.log_event(events.of_landing(source, partition, shards, version))


def changed_inputs(before: Manifest | None, plan: Manifest) -> list[str]:
    """The shards whose inputs differ between two plans, those that are new or gone included."""
    old = {shard: events.shard_inputs_version(before, shard) for shard in before.facts["shards"]} if before else {}
    new = {shard: events.shard_inputs_version(plan, shard) for shard in plan.facts["shards"]}
    return sorted(shard for shard in old.keys() | new.keys() if old.get(shard) != new.get(shard))


def add_partitions(instance: dg.DagsterInstance, name: str, keys: Collection[str]) -> int:
    """Make sure these keys exist among the dynamic partitions; returns how many did not. None is ever taken away."""
    known = set(instance.get_dynamic_partitions(name))
    missing = sorted(set(keys) - known)
    if missing:
        instance.add_dynamic_partitions(name, missing)
    return len(missing)


def _due_shards(session: Session, domain: str) -> list[str]:
    wanted = assembly.wanted_shards(domain, session.view.get, session.view.partitions)
    committed = {shard: session.view.get(Address.of_domain(domain, "shards", shard)) for shard in wanted}
    return [shard for shard, key in wanted.items() if (made := committed[shard]) is None or made.key != key]


def _write_shards(work: _Work, domain: str, shards: Collection[str], *, force: bool) -> None:
    """Write each shard, whatever becomes of the others, and say where rows are not whole."""
    view = work.session.view
    wanted = assembly.wanted_shards(domain, view.get, view.partitions)
    for shard in shards:
        if shard in wanted:
            work.do(assembly.run_shard, view, domain, shard, force=force)
        else:
            work.failed.append(_not_planned(domain, shard))
    checks.report_rows(work.context.instance, view, domain, [shard for shard in shards if shard in wanted])


def unadmitted(session: Session, domain: str, shard: str) -> PileError | None:
    """Why a shard may not be written by hand: a source in it is not in the corpus, or waits for review and has more to give
    than the shard holds of it. The planner never comes here: it plans first, without sources that are out."""
    view = session.view
    plan = view.get(Address.of_domain(domain, "shard_plan"))
    if plan is None or shard not in plan.facts["shards"]:
        return None
    made = view.get(Address.of_domain(domain, "shards", shard))
    held = {tuple(row) for row in made.facts["made_of"]} if made else set()
    for source, partition, docs, size, _ in assembly.shard_inputs(plan, shard):
        waiting = source in session.sources.frozen and (source, partition, docs, size) not in held
        if waiting or source not in session.sources.present:
            try:
                session.chain(source)
            except PileError as refused:
                return refused.at(partition=partition)
    return None


def _not_planned(domain: str, shard: str) -> PileError:
    return PileError(
        f"The plan of {domain} has no shard {shard}, so there is nothing to write.",
        remedy=f"Shards come from the plan, never by hand: materialize {domain}/shard_plan, or delete the key.",
        source=domain,
        partition=shard,
    )
