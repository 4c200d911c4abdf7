"""The assets over the whole corpus: `dedup`, per domain the shard plan, its inputs and the shards, and the release.

What belongs here: asset definitions. What may not: doing the work (`corpus_run`), deciding what is due.

Between a domain's plan and its shards stands `shard_inputs`, which nothing materializes: it is reported where a shard's
inputs changed, and declares the domain's sources as parents, so that the lineage page of a shard is true without marking
every shard stale. The bodies log their own events and yield nothing, so that an unchanged version makes no event.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from pile_assets import assembly, corpus
from pile_assets.graph.corpus_run import CorpusConfig, run_dedup, run_plan, run_release, run_shards
from pile_assets.graph.naming import CORPUS_GROUP, domain_group, shard_partitions, source_key
from pile_assets.graph.sources import SourceInGraph, domains_of

ALL = dg.AllPartitionMapping()
DEDUP = dg.AssetKey(["dedup"])
RELEASE = dg.AssetKey(["release"])


def shards_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey(["shards", domain])


def plan_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey([domain, "shard_plan"])


def inputs_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey([domain, "shard_inputs"])


def corpus_assets(sources: Sequence[SourceInGraph]) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Everything behind the sources' chains."""
    found: list[dg.AssetsDefinition | dg.AssetSpec] = [_dedup(sources)]
    for domain in domains_of(sources):
        members = [source.name for source in sources if source.domain == domain]
        found += [_shard_plan(domain, members), _shard_inputs(domain, members), _shards(domain)]
    return [*found, _release(domains_of(sources))]


def _dedup(sources: Sequence[SourceInGraph]) -> dg.AssetsDefinition:
    @dg.asset(
        key=DEDUP,
        deps=[
            dg.AssetDep(source_key(source.name, stage), partition_mapping=ALL)
            for source in sources
            for stage in ("signatures", "eligible")
        ],
        description=(
            "Which documents duplicate which, over the whole corpus: exact by normalised hash, near by MinHash, the "
            "better-ranked one kept. A function of what is eligible alone, so order of arrival does not matter. `duplicates` "
            "shows who repeats whom; each source's `unique` the verdicts."
        ),
        group_name=CORPUS_GROUP,
        kinds={"polars", "parquet"},
        code_version=corpus.DEDUP_VERSION,
        output_required=False,
    )
    def dedup(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_dedup(context, config)
        yield from ()

    return dedup


def _shard_plan(domain: str, sources: Sequence[str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=plan_key(domain),
        deps=[dg.AssetDep(source_key(source, "unique"), partition_mapping=ALL) for source in sources],
        description=(
            f"Which source partitions make which shard of {domain}: the leaves of a trie over their hashed names, each at most "
            "the target size. Set the size with PILE_SHARD_BYTES."
        ),
        group_name=domain_group(domain),
        kinds={"json"},
        code_version=assembly.PLAN_VERSION,
        output_required=False,
    )
    def shard_plan(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_plan(context, domain, config)
        yield from ()

    return shard_plan


def _shards(domain: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=shards_key(domain),
        deps=[inputs_key(domain)],
        partitions_def=dg.DynamicPartitionsDefinition(name=shard_partitions(domain)),
        description=(
            f"The training shards of {domain}: Parquet part files of interleaved documents of one licence family. `made_of` "
            "leads to the source partitions, `changed_because` says why the shard was written last. Shards come from the plan; "
            "a key that it does not have is refused."
        ),
        group_name=domain_group(domain),
        kinds={"polars", "parquet"},
        code_version=assembly.SHARD_VERSION,
        output_required=False,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def shards(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_shards(context, domain, context.partition_keys, config)
        yield from ()

    return shards


def _shard_inputs(domain: str, sources: Sequence[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        inputs_key(domain),
        partitions_def=dg.DynamicPartitionsDefinition(name=shard_partitions(domain)),
        deps=[
            plan_key(domain),
            *(dg.AssetDep(source_key(source, "unique"), partition_mapping=ALL) for source in sources),
        ],
        description=(
            "The exact source partitions and versions of every shard, reported only where they changed. There is nothing to "
            f"launch here: materialize `{domain}/shard_plan`."
        ),
        group_name=domain_group(domain),
        kinds={"json"},
    )


def _release(domains: Sequence[str]) -> dg.AssetsDefinition:
    @dg.asset(
        key=RELEASE,
        deps=[dg.AssetDep(shards_key(domain), partition_mapping=ALL) for domain in domains],
        description=(
            "The immutable manifest over all shards with their digests and licences; equal shards make the same release, "
            "whenever it is written. It lies under `releases/` in PILE_HOME."
        ),
        group_name=CORPUS_GROUP,
        kinds={"json"},
        code_version=assembly.RELEASE_VERSION,
        output_required=False,
    )
    def release(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_release(context, config)
        yield from ()

    return release
