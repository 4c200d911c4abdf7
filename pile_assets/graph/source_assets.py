"""The assets of one source: what upstream has, every stage of its chain, and the verdicts on its documents.

What belongs here: turning a `SourceInGraph` into asset definitions. What may not: doing the work (`chain_run`), looking at
the publisher (`upstream`), deciding what is due (`pile_assets.planner`).

The chain is one multi_asset of skippable outputs whose body logs its own events and yields nothing: Dagster then shows every
stage as an asset of its own while any set of partitions runs in one step, each with its own data version. It must never be
split into steps, since the successors of a skipped output are skipped and the run succeeds all the same.

No postponed annotations here, and no default arguments in an asset's body: Dagster reads the first and takes the second for
inputs.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pile_assets.filters import FILTERS
from pile_assets.graph.chain_run import ChainConfig, run_chain
from pile_assets.graph.naming import DUPLICATES_GROUP, GOVERNANCE_GROUP, chain_op, source_key
from pile_assets.graph.parents import Parents
from pile_assets.graph.sources import SourceInGraph
from pile_assets.steps import SUPPRESSIONS

DESCRIPTIONS = {
    "upstream": (
        "What the publisher has: a version per partition, reported only where it is new or changed. A withdrawn partition has "
        "a tombstone as its version. There is nothing to launch here: {look}"
    ),
    "raw": "The bytes as published, with their digests and where they came from. Launch with `refetch: true` to fetch again.",
    "documents": (
        "Canonical documents, each with its licence verdict and the evidence for it. Look here when a licence count surprises: "
        "`not_admitted` gives the reasons, and `pile lineage DOCUMENT` the claims. A source that is not admitted is refused."
    ),
    "cleaned": "The text with personal data masked and boilerplate lines cut out. Nothing is dropped here.",
    "signatures": "The MinHash of every cleaned document, by which near duplicates are found.",
    "eligible": (
        "The policy's verdict on every document: kept, or dropped with the reason and the rule. This is the partition's commit "
        "point: `dedup` reads what this version pins. To change a threshold, edit the policy `{policy}` in the registry."
    ),
    "suppressions": (
        "The documents that the takedown ledger keeps out, reported only where they changed; a partition without any has no "
        "version. There is nothing to launch here: add a line to the ledger, or materialize `takedowns`."
    ),
    "unique": (
        "Which documents of a partition are kept, and of what the others are duplicates, as `dedup` last decided; reported "
        "only where a verdict changed. `lands_in` leads to the shards. There is nothing to launch here: materialize `dedup`."
    ),
}


def source_assets(source: SourceInGraph, table: Parents) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Upstream, what is kept out, chain and verdicts of one source."""
    upstream = dg.AssetSpec(
        source_key(source.name, "upstream"),
        description=_description(source, "upstream"),
        kinds={"external"},
        **_common(source),
    )
    unique = dg.AssetSpec(
        source_key(source.name, "unique"),
        deps=table[source_key(source.name, "unique")],
        description=_description(source, "unique"),
        kinds={"parquet"},
        **_common(source) | {"group_name": DUPLICATES_GROUP},
    )
    suppressions = dg.AssetSpec(
        source_key(source.name, SUPPRESSIONS),
        deps=table[source_key(source.name, SUPPRESSIONS)],
        description=_description(source, SUPPRESSIONS),
        kinds={"parquet"},
        **_common(source) | {"group_name": GOVERNANCE_GROUP},
    )
    return [upstream, suppressions, _chain(source, table), unique]


def partitions_of(source: str) -> dg.DynamicPartitionsDefinition:
    return dg.DynamicPartitionsDefinition(name=source)


def _chain(source: SourceInGraph, table: Parents) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=chain_op(source.name),
        specs=[_stage(source, stage, table) for stage in source.stages],
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=source.host,
    )
    def chain(context: dg.AssetExecutionContext, config: ChainConfig) -> Iterator[Any]:
        stages = {key.path[-1] for key in context.selected_asset_keys}
        run_chain(context, source.name, context.partition_keys, config, stages)
        yield from ()

    return chain


def _stage(source: SourceInGraph, stage: str, table: Parents) -> dg.AssetSpec:
    return dg.AssetSpec(
        source_key(source.name, stage),
        deps=table[source_key(source.name, stage)],
        description=_description(source, stage),
        kinds={"polars", "parquet"},
        code_version=source.code_version(stage),
        skippable=True,
        **_common(source),
    )


def _common(source: SourceInGraph) -> dict[str, Any]:
    record = source.record
    return {
        "partitions_def": partitions_of(source.name),
        "group_name": source.name,
        "owners": record.owners,
        "tags": {"domain": source.domain, "review": record.review.status.value, "connector": record.connector},
    }


def _description(source: SourceInGraph, stage: str) -> str:
    """What the asset holds and what an operator does with it; first of all, why nothing can be done, if so."""
    record = source.record
    if stage in DESCRIPTIONS:
        text = DESCRIPTIONS[stage].format(look=_look(source), policy=record.policy)
    else:
        text = f"Attributes of every document; nothing is dropped here. {FILTERS[stage].rationale}"
    refused = f"**Nothing of this source may be worked.** {source.refusal}\n\n" if source.refusal else ""
    return f"{refused}{text}\n\n{record.title}: {record.description} One partition is {record.partitioning.unit}."


def _look(source: SourceInGraph) -> str:
    if source.watched:
        return "a sensor looks every few seconds."
    return f"the schedule looks {source.record.refresh.value}; the job `refresh_{source.name}` looks now."
