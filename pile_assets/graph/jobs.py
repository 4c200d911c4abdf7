"""The jobs the planner requests, one per piece of work; they can be launched by hand as well.

What belongs here: job definitions. What may not: doing the work (`chain_run`, `corpus_run`), deciding when (`planning`).

They are plain jobs that log asset events, not asset jobs: a run over assets has one partition, one contiguous range of them,
or none, and with none Dagster 1.13 fails before the body where a parent is partitioned and has an event. A plain job takes
any set of partitions in its config, plans shards and then writes them in one run, and stores no event for what it does not do.
"""

from collections.abc import Sequence

import dagster as dg

from pile_assets.graph.chain_run import ChainJobConfig, run_chain
from pile_assets.graph.corpus_run import CorpusConfig, run_dedup, run_domain, run_release, run_takedowns
from pile_assets.graph.naming import DEDUP_WORK, RELEASE_WORK, TAKEDOWNS_WORK, domain_work, op_name, source_work
from pile_assets.graph.plain_jobs import plain_job
from pile_assets.graph.purging import purge_job
from pile_assets.graph.sources import SourceInGraph, domains_of


def planned_jobs(sources: Sequence[SourceInGraph]) -> list[dg.JobDefinition]:
    """A job for every piece of work the planner may ask for."""
    return [
        *(_source(source) for source in sources if source.refusal is None),
        _takedowns(),
        _dedup(),
        *map(_domain, domains_of(sources)),
        _release(),
        purge_job(),
    ]


def _source(source: SourceInGraph) -> dg.JobDefinition:
    work = source_work(source.name)

    @dg.op(name=op_name(work), pool=source.host)
    def bring_up_to_date(context: dg.OpExecutionContext, config: ChainJobConfig) -> None:
        run_chain(context, source.name, config.keys, config)

    return plain_job(work, bring_up_to_date, f"Brings any partitions of {source.record.title} up to date, all stages.")


def _takedowns() -> dg.JobDefinition:
    @dg.op(name=op_name(TAKEDOWNS_WORK))
    def apply_ledger(context: dg.OpExecutionContext, config: CorpusConfig) -> None:
        run_takedowns(context, config)

    return plain_job(TAKEDOWNS_WORK, apply_ledger, "Applies the takedown ledger to the whole corpus.")


def _dedup() -> dg.JobDefinition:
    @dg.op(name=op_name(DEDUP_WORK))
    def resolve(context: dg.OpExecutionContext, config: CorpusConfig) -> None:
        run_dedup(context, config)

    return plain_job(DEDUP_WORK, resolve, "Resolves duplicates over the whole corpus.")


def _domain(domain: str) -> dg.JobDefinition:
    @dg.op(name=op_name(domain_work(domain)))
    def plan_and_write(context: dg.OpExecutionContext) -> None:
        run_domain(context, domain)

    return plain_job(domain_work(domain), plan_and_write, f"Plans the shards of {domain} and writes those that are due.")


def _release() -> dg.JobDefinition:
    @dg.op(name=op_name(RELEASE_WORK))
    def write_release(context: dg.OpExecutionContext, config: CorpusConfig) -> None:
        run_release(context, config)

    return plain_job(RELEASE_WORK, write_release, "Writes the release over all shards, with its legal kit and cards.")
