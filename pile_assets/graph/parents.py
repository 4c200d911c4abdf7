"""What every asset is made from: the one table by which assets declare their parents and events name them.

Only that table belongs here. Definitions and events must agree in it: where an event lacks a parent that its asset declares,
the UI calls the partition unsynced.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from pile_assets.graph.naming import source_key
from pile_assets.graph.sources import SourceInGraph, domains_of
from pile_assets.steps import SUPPRESSIONS

TAKEDOWNS = dg.AssetKey(["takedowns"])
DEDUP = dg.AssetKey(["dedup"])
LEGAL_KIT, CARDS, RELEASE = dg.AssetKey(["legal_kit"]), dg.AssetKey(["cards"]), dg.AssetKey(["release"])
REVIEW_QUEUE = dg.AssetKey(["review_queue"])

Parents = Mapping[dg.AssetKey, Sequence[dg.AssetKey]]


def plan_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey([domain, "shard_plan"])


def inputs_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey([domain, "shard_inputs"])


def shards_key(domain: str) -> dg.AssetKey:
    return dg.AssetKey(["shards", domain])


def parents(sources: Sequence[SourceInGraph]) -> dict[dg.AssetKey, list[dg.AssetKey]]:
    """Asset -> its parents, for every asset of the graph but `upstream`, which has none."""
    table: dict[dg.AssetKey, list[dg.AssetKey]] = {TAKEDOWNS: []}
    for source in sources:
        for stage in source.stages:
            table[source_key(source.name, stage)] = [source_key(source.name, parent) for parent in source.parents(stage)]
        suppressions = source_key(source.name, SUPPRESSIONS)
        table[suppressions] = [TAKEDOWNS]
        table[source_key(source.name, "eligible")].append(suppressions)
        table[source_key(source.name, "unique")] = [DEDUP]
    table[DEDUP] = [source_key(source.name, stage) for source in sources for stage in ("signatures", "eligible")]
    table[REVIEW_QUEUE] = [source_key(source.name, stage) for source in sources for stage in ("documents", "eligible")]
    for domain in domains_of(sources):
        uniques = [source_key(source.name, "unique") for source in sources if source.domain == domain]
        table[plan_key(domain)] = uniques
        table[inputs_key(domain)] = [plan_key(domain), *uniques]
        table[shards_key(domain)] = [inputs_key(domain)]
    shards = [shards_key(domain) for domain in domains_of(sources)]
    table |= {LEGAL_KIT: shards, CARDS: [*shards, LEGAL_KIT], RELEASE: [*shards, LEGAL_KIT, CARDS]}
    return table
