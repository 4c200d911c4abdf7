"""What things are called in Dagster: asset keys, partition definitions, groups, jobs, run tags, links.

Only spelling belongs here. The prefixes keep the names of sources, domains and corpus apart whatever a source is called.
"""

from urllib.parse import quote

import dagster as dg

from pile_assets.store import Address

DATA_VERSION = "dagster/data_version"
CODE_VERSION = "dagster/code_version"

WORK = "pile/work"
"""Run tag: the work a run is at, e.g. sources/<source>, domains/<domain>, corpus/dedup. Jobs give it to all their runs."""
DIGEST = "pile/digest"
"""Run tag of a run the planner requested: the digest of what was due. Equal digests mean the same work again."""
ATTEMPT = "pile/attempt"
"""Run tag of a run the planner requested: how often that work has been requested, this time included."""

TAKEDOWNS_WORK, DEDUP_WORK, RELEASE_WORK = "corpus/takedowns", "corpus/dedup", "corpus/release"
PURGE_WORK = "corpus/purge"

RECONCILE_WORK = "reconcile"
COLLECT_WORK = "collect_garbage"
NEW_YEAR_WORK = "new_year"
REVIEW_WORK = "corpus/review_queue"

GOVERNANCE_GROUP, DUPLICATES_GROUP, RELEASE_GROUP, REVIEW_GROUP = "governance", "duplicates", "release", "review"
"""Groups beside those of sources and domains. `unique` stands with `dedup`, not with its source's chain, so that collapsed
groups follow one another: sources, duplicates, shards of each domain, release."""


def asset_key(address: Address) -> dg.AssetKey:
    """The asset that shows a stage: [source, stage], [domain, stage], [stage], and ["shards", domain] for shards."""
    kind = address.owner.partition("/")[0]
    if kind == "corpus":
        return dg.AssetKey([address.stage])
    if kind == "domains" and address.stage == "shards":
        return dg.AssetKey(["shards", address.name])
    return dg.AssetKey([address.name, address.stage])


def partition_of(address: Address) -> str | None:
    """The Dagster partition of an address; None where the asset has none."""
    unpartitioned = address.owner == "corpus" or address.stage == "shard_plan"
    return None if unpartitioned else address.partition


def source_key(source: str, stage: str) -> dg.AssetKey:
    return dg.AssetKey([source, stage])


def source_work(source: str) -> str:
    return f"sources/{source}"


def catalogue_work(source: str) -> str:
    """A look at a publisher; it has a lock as a piece of work has, and no run of the planner."""
    return f"catalogue/{source}"


def evidence_work(source: str) -> str:
    """A look at a source's evidence pages, with a lock of its own."""
    return f"evidence/{source}"


def evidence_job(source: str) -> str:
    return f"look_at_evidence_of_{source}"


def evidence_key(source: str) -> dg.AssetKey:
    return dg.AssetKey([source, "licence_evidence"])


def domain_work(domain: str) -> str:
    return f"domains/{domain}"


def shard_partitions(domain: str) -> str:
    """The name of a domain's dynamic partitions; those of a source bear the source's own name, which holds no slash."""
    return f"shards/{domain}"


def domain_group(domain: str) -> str:
    return f"shards_{domain}"


def chain_op(source: str) -> str:
    """The multi_asset of a source's chain."""
    return f"chain_{source}"


def job_name(work: str) -> str:
    """The job of a piece of work, e.g. sources_<source>."""
    return work.replace("/", "_")


def op_name(work: str) -> str:
    """The one op of that job, under which its config stands."""
    return f"work_{job_name(work)}"


def refresh_job(source: str) -> str:
    return f"refresh_{source}"


def partition_link(key: dg.AssetKey, partition: str) -> str:
    """A link, relative to the webserver, to one partition's page of an asset."""
    return f"/assets/{'/'.join(map(quote, key.path))}?view=partitions&partition={quote(partition, safe='')}"
