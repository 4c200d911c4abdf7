"""What an operator sees on a materialization: figures of the manifest, why it changed, and links both ways.

What belongs here: choosing and laying out metadata per stage, pure functions of manifests. What may not: computing figures
(they are in the manifest), launching or reporting anything.

Dagster 1.13 has no page for the lineage of a partition, so the links here are that page: a shard lists the source
partitions it is made of, a source partition the shards it lands in.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import dagster as dg

from pile_assets.assembly import shard_inputs
from pile_assets.graph.markdown import bars, list_field, size, table_fields
from pile_assets.graph.naming import asset_key, partition_link, source_key
from pile_assets.graph.pictures import heat, histogram, picture_fields
from pile_assets.state import Entry
from pile_assets.store import Address, Manifest

Metadata = dict[str, dg.MetadataValue]
Landing = Mapping[tuple[str, str], list[Address]]
"""(source, partition) -> the shards that hold documents of it."""


def of_manifest(manifest: Manifest, landing: Landing) -> Metadata:
    """The metadata of one stage of one partition."""
    common = {"dagster/row_count": dg.MetadataValue.int(manifest.counts.given), **_drops(manifest)}
    own = STAGES[manifest.address.stage](manifest) if manifest.address.stage in STAGES else {}
    if manifest.address.stage in ("eligible", "unique"):
        own |= lands_in(landing.get((manifest.address.name, manifest.address.partition), []))
    return common | own


def of_entry(entry: Entry) -> Metadata:
    """What upstream says of a partition."""
    fields: Metadata = {"present": dg.MetadataValue.bool(entry.present)}
    if entry.url:
        fields["url"] = dg.MetadataValue.url(entry.url)
    if entry.documents is not None:
        fields["expected_documents"] = dg.MetadataValue.int(entry.documents)
    if entry.bytes is not None:
        fields["expected_bytes"] = dg.MetadataValue.int(entry.bytes)
    if not entry.present:
        said = "Upstream no longer has it. Nothing is deleted; its documents leave the shards, and return with it."
        fields["withdrawn"] = dg.MetadataValue.text(said)
    return fields


def of_shard_inputs(plan: Manifest, shard: str) -> Metadata:
    """The exact inputs of one shard, largest first; a shard the plan no longer has is made of nothing."""
    rows = shard_inputs(plan, shard) if shard in plan.facts["shards"] else []
    linked = [
        [_partition(source, partition), docs, size(weight), version[:12]]
        for source, partition, docs, weight, version in sorted(rows, key=lambda row: (-row[3], row[0], row[1]))
    ]
    return {
        "partitions": dg.MetadataValue.int(len(rows)),
        **table_fields("inputs", ["source partition", "documents", "text", "version"], linked),
    }


def lands_in(shards: list[Address]) -> Metadata:
    """Links to the shards that hold documents of a source partition."""
    return table_fields("lands_in", ["shard"], [[_shard(address)] for address in shards])


def landing(plans: Iterable[Manifest]) -> dict[tuple[str, str], list[Address]]:
    """Where every source partition lands, from the plans of all domains."""
    places: dict[tuple[str, str], list[Address]] = {}
    for plan in plans:
        for shard, rows in sorted(plan.facts["shards"].items()):
            for source, partition, *_ in rows:
                place = Address.of_domain(plan.address.name, "shards", shard)
                places.setdefault((source, partition), []).append(place)
    return places


# -- per stage -----------------------------------------------------------------------------------------------------


def _raw(manifest: Manifest) -> Metadata:
    return {"bytes": dg.MetadataValue.int(manifest.facts["bytes"])}


def _documents(manifest: Manifest) -> Metadata:
    facts = manifest.facts
    return {
        "bytes": dg.MetadataValue.int(facts["bytes"]),
        **_counted("verdicts", ["licence verdict", "documents"], facts["verdicts"]),
        **_counted("licences", ["licence", "documents"], facts["licences"]),
        **_counted("not_admitted", ["why not admitted", "documents"], facts["not_admitted"]),
        **list_field("problems", facts["problems"]),
    }


def _cleaned(manifest: Manifest) -> Metadata:
    return {"modified": dg.MetadataValue.int(manifest.facts["modified"])}


def _suppressions(manifest: Manifest) -> Metadata:
    return _counted("takedowns", ["takedown", "documents"], manifest.facts["takedowns"])


def _takedowns(manifest: Manifest) -> Metadata:
    """Numbers only: what requests name stays in the ledger."""
    suppressed = [[_partition(source, partition), count] for source, partition, count in manifest.facts["suppressed"]]
    return {
        **_counted("requests", ["state", "requests"], manifest.facts["requests"]),
        **table_fields("kept_out", ["source partition", "documents"], suppressed),
        "tombstones": dg.MetadataValue.int(len(manifest.facts["tombstones"])),
        **list_field("flaws", manifest.facts["flaws"]),
    }


def _unique(manifest: Manifest) -> Metadata:
    live = [[family, facts["docs"], size(facts["bytes"])] for family, facts in sorted(manifest.facts["live"].items())]
    return {
        **table_fields("live", ["licence family", "documents", "text"], live),
        **_counted("duplicates_of", ["duplicates documents of", "documents"], manifest.facts["duplicates_of"]),
    }


def _dedup(manifest: Manifest) -> Metadata:
    matrix = [
        [source, other, count]
        for source, row in sorted(manifest.facts["duplicates"].items())
        for other, count in sorted(row.items())
    ]
    counts = {(source, other): count for source, other, count in matrix}
    clusters = {int(size): count for size, count in manifest.facts.get("clusters", {}).items()}
    return {
        "partitions": dg.MetadataValue.int(manifest.facts["partitions"]),
        **picture_fields("cluster_sizes", *histogram(clusters)),
        **picture_fields("duplicate_matrix", *heat(counts)),
        **table_fields("duplicates", ["source", "duplicates documents of", "documents"], matrix),
    }


def _shard_plan(manifest: Manifest) -> Metadata:
    sizes = manifest.facts["sizes"]
    domain = manifest.address.name
    rows = [
        [_shard(Address.of_domain(domain, "shards", shard)), len(manifest.facts["shards"][shard]), size(weight)]
        for shard, weight in sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    ]
    return {
        "shards_planned": dg.MetadataValue.int(len(sizes)),
        "target_bytes": dg.MetadataValue.int(manifest.facts["shard_bytes"]),
        **table_fields("plan", ["shard", "partitions", "text"], rows),
    }


def _shards(manifest: Manifest) -> Metadata:
    facts = manifest.facts
    made_of = sorted(facts["made_of"], key=lambda row: (-row[3], row[0], row[1]))
    linked = [[_partition(source, partition), docs, size(weight)] for source, partition, docs, weight in made_of]
    fields: Metadata = {
        "bytes": dg.MetadataValue.int(facts["bytes"]),
        "part_files": dg.MetadataValue.int(len(manifest.files)),
        "source_partitions": dg.MetadataValue.int(len(made_of)),
        **table_fields("made_of", ["source partition", "documents", "text"], linked),
    }
    histograms = facts["histograms"]
    if by_source := histograms.get("source"):
        fields["thumbnail"] = dg.MetadataValue.md(bars({name: figures["bytes"] for name, figures in by_source.items()}))
    if by_licence := histograms.get("licence"):
        fields |= _counted("licences", ["licence", "documents"], {name: f["docs"] for name, f in by_licence.items()})
    return fields


def _release(manifest: Manifest) -> Metadata:
    drawn = [
        [recipe, f"{totals['rows']:,}", size(totals["bytes"]), f"{totals['tokens']:,}"]
        for recipe, totals in sorted(manifest.facts.get("mixtures", {}).items())
    ]
    return {
        "release": dg.MetadataValue.text(manifest.facts["release"]),
        "shards": dg.MetadataValue.int(manifest.facts["shards"]),
        "bytes": dg.MetadataValue.int(manifest.facts["bytes"]),
        **table_fields("mixtures", ["recipe", "rows", "text", "tokens, estimated"], drawn),
    }


def _legal_kit(manifest: Manifest) -> Metadata:
    return {
        "licence_texts": dg.MetadataValue.int(manifest.facts["texts"]),
        "modified": dg.MetadataValue.int(manifest.facts["modified"]),
        **_counted("families", ["licence family", "documents"], manifest.facts["families"]),
        **_counted("licences", ["licence", "documents"], manifest.facts["licences"]),
    }


def _cards(manifest: Manifest) -> Metadata:
    composed = manifest.facts["composition"]
    opened = composed["openness"]
    fields: Metadata = {
        "openness": dg.MetadataValue.text(f"{opened['tier']}, in {', '.join(opened['open_in'])}"),
        "replicable": dg.MetadataValue.bool(opened["replicable"]),
    }
    for column in ("review", "origin", "language", "decade"):
        fields |= _counted(column, [column, "documents"], {v: one["docs"] for v, one in composed["by"][column].items()})
    return fields


def _review_queue(manifest: Manifest) -> Metadata:
    rows = []
    for row in manifest.facts["clusters"]:
        sources = ", ".join(found["source"] for found in row["sources"])
        rows.append([row["documents"], row["cause"], row["statement"][:120], sources, row["examples"][0]])
    header = ["documents", "cause", "what was said", "sources", "for example"]
    return {"held": dg.MetadataValue.int(manifest.facts["documents"]), **table_fields("queue", header, rows)}


STAGES: Mapping[str, Callable[[Manifest], Metadata]] = {
    "raw": _raw,
    "documents": _documents,
    "cleaned": _cleaned,
    "suppressions": _suppressions,
    "takedowns": _takedowns,
    "unique": _unique,
    "dedup": _dedup,
    "shard_plan": _shard_plan,
    "shards": _shards,
    "legal_kit": _legal_kit,
    "cards": _cards,
    "release": _release,
    "review_queue": _review_queue,
}
"""What a stage adds to its row count and drops; filters, signatures and `eligible` add nothing."""


def _drops(manifest: Manifest) -> Metadata:
    if not manifest.counts.dropped:
        return {}
    return {
        "taken": dg.MetadataValue.int(manifest.counts.taken),
        **_counted("dropped", ["dropped because", "documents"], manifest.counts.dropped),
    }


def _counted(name: str, header: list[str], counts: Mapping[str, Any]) -> Metadata:
    """A table of counts, largest first."""
    rows = sorted(([key, count] for key, count in counts.items()), key=lambda row: (-row[1], row[0]))
    return table_fields(name, header, rows)


def _partition(source: str, partition: str) -> str:
    return f"[{source}/{partition}]({partition_link(source_key(source, 'unique'), partition)})"


def _shard(address: Address) -> str:
    return f"[{address.name}/{address.partition}]({partition_link(asset_key(address), address.partition)})"
