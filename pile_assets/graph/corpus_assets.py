"""The assets over the whole corpus: `takedowns`, `dedup`, per domain the shard plan, its inputs and the shards, the release.

What belongs here: asset definitions. What may not: doing the work (`corpus_run`), deciding what is due.

Between a domain's plan and its shards stands `shard_inputs`, which nothing materializes: it is reported where a shard's
inputs changed, and declares the domain's sources as parents, so that the lineage page of a shard is true without marking
every shard stale. The bodies log their own events and yield nothing, so that an unchanged version makes no event.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from pile_assets import assembly, corpus, publishing
from pile_assets.graph.corpus_run import (
    CorpusConfig,
    run_cards,
    run_dedup,
    run_legal_kit,
    run_plan,
    run_release,
    run_shards,
    run_takedowns,
)
from pile_assets.graph.naming import DUPLICATES_GROUP, GOVERNANCE_GROUP, RELEASE_GROUP, domain_group, shard_partitions
from pile_assets.graph.parents import CARDS, DEDUP, LEGAL_KIT, RELEASE, TAKEDOWNS, Parents, inputs_key, plan_key, shards_key
from pile_assets.graph.sources import SourceInGraph, domains_of
from pile_assets.withdrawal.partition import VERSION as TAKEDOWNS_VERSION


def corpus_assets(sources: Sequence[SourceInGraph], table: Parents) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Everything behind the sources' chains."""
    found: list[dg.AssetsDefinition | dg.AssetSpec] = [_takedowns(), _dedup(table)]
    for domain in domains_of(sources):
        found += [_shard_plan(domain, table), _shard_inputs(domain, table), _shards(domain, table)]
    return [*found, _legal_kit(table), _cards(table), _release(table)]


def _whole(parents: Sequence[dg.AssetKey]) -> list[dg.AssetDep]:
    """All partitions of the parents."""
    return [dg.AssetDep(parent, partition_mapping=dg.AllPartitionMapping()) for parent in parents]


def _takedowns() -> dg.AssetsDefinition:
    @dg.asset(
        key=TAKEDOWNS,
        description=(
            "Requests to take documents out, read from the ledger `state/takedowns/ledger.jsonl` under PILE_HOME: add a line "
            "there, or use `pile takedown add`, and the documents leave within a minute, before anybody has decided. Each "
            "source's `suppressions` lists them. docs/takedowns.md is for whoever receives a request."
        ),
        group_name=GOVERNANCE_GROUP,
        kinds={"json"},
        code_version=TAKEDOWNS_VERSION,
        output_required=False,
    )
    def takedowns(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_takedowns(context, config)
        yield from ()

    return takedowns


def _dedup(table: Parents) -> dg.AssetsDefinition:
    @dg.asset(
        key=DEDUP,
        deps=_whole(table[DEDUP]),
        description=(
            "Which documents duplicate which, over the whole corpus: exact by normalised hash, near by MinHash, the "
            "better-ranked one kept. A function of what is eligible alone, so order of arrival does not matter. `duplicates` "
            "shows who repeats whom; each source's `unique` the verdicts."
        ),
        group_name=DUPLICATES_GROUP,
        kinds={"polars", "parquet"},
        code_version=corpus.DEDUP_VERSION,
        output_required=False,
    )
    def dedup(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_dedup(context, config)
        yield from ()

    return dedup


def _shard_plan(domain: str, table: Parents) -> dg.AssetsDefinition:
    @dg.asset(
        key=plan_key(domain),
        deps=_whole(table[plan_key(domain)]),
        description=(
            f"Which source partitions make which shard of {domain}: the leaves of a trie over their hashed names, each at most "
            "half the target size, and larger partitions by themselves. Set the size with PILE_SHARD_BYTES."
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


def _shards(domain: str, table: Parents) -> dg.AssetsDefinition:
    @dg.asset(
        key=shards_key(domain),
        deps=table[shards_key(domain)],
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


def _shard_inputs(domain: str, table: Parents) -> dg.AssetSpec:
    plan, *uniques = table[inputs_key(domain)]
    return dg.AssetSpec(
        inputs_key(domain),
        partitions_def=dg.DynamicPartitionsDefinition(name=shard_partitions(domain)),
        deps=[plan, *_whole(uniques)],
        description=(
            "The exact source partitions and versions of every shard, reported only where they changed. There is nothing to "
            f"launch here: materialize `{domain}/shard_plan`."
        ),
        group_name=domain_group(domain),
        kinds={"json"},
    )


def _legal_kit(table: Parents) -> dg.AssetsDefinition:
    @dg.asset(
        key=LEGAL_KIT,
        deps=_whole(table[LEGAL_KIT]),
        description=(
            "What the licences in the release ask to go along: whom to credit, licence texts, notices, prescribed statements. "
            "A licence whose text is missing stops it here."
        ),
        group_name=RELEASE_GROUP,
        kinds={"parquet"},
        code_version=publishing.KIT_VERSION,
        output_required=False,
    )
    def legal_kit(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_legal_kit(context, config)
        yield from ()

    return legal_kit


def _cards(table: Parents) -> dg.AssetsDefinition:
    @dg.asset(
        key=CARDS,
        deps=_whole(table[CARDS]),
        description=(
            "What the release is made of, by language, domain, decade, origin, licence and level of review, and how open that "
            "makes it: the figures of Croissant description, dataset card and datasheet."
        ),
        group_name=RELEASE_GROUP,
        kinds={"json"},
        code_version=publishing.CARDS_VERSION,
        output_required=False,
    )
    def cards(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_cards(context, config)
        yield from ()

    return cards


def _release(table: Parents) -> dg.AssetsDefinition:
    @dg.asset(
        key=RELEASE,
        deps=_whole(table[RELEASE]),
        description=(
            "The immutable directory that a consumer takes away: shards by licence family, the legal kit, the cards, and a "
            "page to look things up. Equal content makes the same release, whenever it is written. It lies under `releases/` "
            "in PILE_HOME; `pile release check` judges it."
        ),
        group_name=RELEASE_GROUP,
        kinds={"json"},
        code_version=publishing.RELEASE_VERSION,
        output_required=False,
    )
    def release(context: dg.AssetExecutionContext, config: CorpusConfig) -> Iterator[Any]:
        run_release(context, config)
        yield from ()

    return release
