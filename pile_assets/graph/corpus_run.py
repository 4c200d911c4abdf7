"""The bodies of runs over the whole corpus: `dedup`, a domain's plan and shards, the release.

What belongs here: calling the corpus-wide steps under their locks and reporting what has a new version. What may not: the
steps themselves (`pile_assets.corpus`, `pile_assets.assembly`), defining assets (`corpus_assets`).
"""

from collections.abc import Callable, Collection
from typing import Any

import dagster as dg
from pydantic import Field

from pile_assets import assembly, corpus
from pile_assets.chain import Outcome
from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.graph import checks, events
from pile_assets.graph.chain_run import Context, by_hand
from pile_assets.graph.naming import (
    DEDUP_WORK,
    RELEASE_WORK,
    asset_key,
    domain_work,
    partition_of,
    shard_partitions,
)
from pile_assets.graph.working import working
from pile_assets.store import Address, Manifest

FORCE = "Launch it with force: true to do it again all the same."


class CorpusConfig(dg.Config):
    """What a run of `dedup` or `release` may be told."""

    force: bool = Field(False, description="Do it again although nothing it depends on has changed.")


def run_dedup(context: Context, config: CorpusConfig) -> None:
    """Resolve duplicates, and report `unique` for the partitions whose verdicts changed."""
    with working(DEDUP_WORK, context.log.warning) as session:
        found = corpus.members(session.sources, session.view.get, session.view.partitions)
        key = corpus.dedup_key(found, session.state.seniority())
        if _is_current(context, session, corpus.DEDUP, key, config.force):
            return
        report = _reporter(context, session)
        failed = _attempt(corpus.run_dedup, session.view, session.state, session.sources, report)
    if failed:
        raise events.failures(failed)


def run_release(context: Context, config: CorpusConfig) -> None:
    """Write the manifest over all shards."""
    with working(RELEASE_WORK, context.log.warning) as session:
        key = assembly.release_key(assembly.live_shards(session.view.get, session.view.partitions))
        if _is_current(context, session, assembly.RELEASE, key, config.force):
            return
        failed = _attempt(assembly.run_release, session.view, _reporter(context, session))
    if failed:
        raise events.failures(failed)


def run_plan(context: Context, domain: str, config: CorpusConfig) -> None:
    """Plan a domain's shards."""
    with working(domain_work(domain), context.log.warning) as session:
        failed = _attempt(_plan, context, session, domain, config.force)
    if failed:
        raise events.failures(failed)


def run_shards(context: Context, domain: str, shards: Collection[str], config: CorpusConfig) -> None:
    """Write shards of a domain. Raises dg.Failure naming every one that could not be."""
    with working(domain_work(domain), context.log.warning) as session:
        failed = _write_shards(context, session, domain, shards, config.force)
    if failed:
        raise events.failures(failed)


def run_domain(context: Context, domain: str) -> None:
    """Plan a domain's shards if that is due, and write those that are due then."""
    with working(domain_work(domain), context.log.warning) as session:
        failed = _attempt(_plan, context, session, domain, False)
        if not failed:
            failed = _write_shards(context, session, domain, _due_shards(session, domain), False)
    if failed:
        raise events.failures(failed)


def _due_shards(session: Session, domain: str) -> list[str]:
    wanted = assembly.wanted_shards(domain, session.view.get, session.view.partitions)
    committed = {shard: session.view.get(Address.of_domain(domain, "shards", shard)) for shard in wanted}
    return [shard for shard, key in wanted.items() if (made := committed[shard]) is None or made.key != key]


def _write_shards(context: Context, session: Session, domain: str, shards: Collection[str], force: bool) -> list[PileError]:
    """Write each shard; what went wrong with some. Says so where rows are not whole."""
    failed = [error for shard in shards for error in _attempt(_write_shard, context, session, domain, shard, force)]
    checks.report_rows(context.instance, session.view, domain, shards)
    return failed


def _attempt(step: Callable[..., None], *arguments: Any) -> list[PileError]:
    """Run a step; what went wrong, if anything, so that the others go on."""
    try:
        step(*arguments)
    except PileError as failed:
        return [failed]
    except OSError as error:
        cause = f"The machine refused a read or write: {error}."
        return [PileError(cause, remedy="Free disk space or mend permissions under PILE_HOME; it is tried again by itself.")]
    return []


def _plan(context: Context, session: Session, domain: str, force: bool) -> None:
    """Plan, and report the inputs of every shard where they changed and the partitions that land elsewhere now."""
    address = Address.of_domain(domain, "shard_plan")
    shard_bytes = session.deployment.shard_bytes
    placed = assembly.placements(domain, session.sources, session.view.get, session.view.partitions)
    if _is_current(context, session, address, assembly.plan_key(domain, placed, shard_bytes), force):
        return
    before, landed = session.view.get(address), events.surroundings(session).landing
    assembly.run_plan(session.view, session.sources, domain, shard_bytes, _reporter(context, session))
    plan = session.view.need(address)
    add_partitions(context.instance, shard_partitions(domain), plan.facts["shards"])
    for shard in changed_inputs(before, plan):
        context.log_event(events.of_shard_inputs(plan, shard))
    for (source, partition), shards in sorted(events.surroundings(session).landing.items()):
        if shards != landed.get((source, partition), []):
            version = session.view.need(Address.of_source(source, "unique", partition)).data_version
            context.log_event(events.of_landing(source, partition, shards, version))


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


def _write_shard(context: Context, session: Session, domain: str, shard: str, force: bool) -> None:
    if shard not in assembly.wanted_shards(domain, session.view.get, session.view.partitions):
        raise PileError(
            f"The plan of {domain} has no shard {shard}, so there is nothing to write.",
            remedy=f"Shards come from the plan, never by hand: materialize {domain}/shard_plan, or delete the key.",
            source=domain,
            partition=shard,
        )
    assembly.run_shard(session.view, domain, shard, _reporter(context, session), force=force)


def _reporter(context: Context, session: Session) -> Callable[[Outcome], None]:
    """Logs an event for every new version; a run by hand also says where there is none."""
    around = events.surroundings(session)

    def report(outcome: Outcome) -> None:
        if outcome.action != "unchanged":
            context.log_event(events.of_outcome(outcome, around))
        elif outcome.address.stage != "unique":
            _tell_unchanged(context, outcome.address)

    return report


def _is_current(context: Context, session: Session, address: Address, key: str, force: bool) -> bool:
    """Whether the step has been done with this key; says so."""
    manifest = session.view.get(address)
    if force or manifest is None or manifest.key != key:
        return False
    _tell_unchanged(context, address)
    return True


def _tell_unchanged(context: Context, address: Address) -> None:
    context.log.warning(f"Unchanged: {asset_key(address).to_user_string()} is up to date, so nothing was done. {FORCE}")
    if by_hand(context):
        context.log_event(events.of_unchanged(asset_key(address), partition_of(address), FORCE))
