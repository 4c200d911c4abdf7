"""From unique documents to shards: per domain the shard plan, then the shards; and which of them make a release.

What belongs here: the keys of these steps (pure, read by the planner) and their bodies. What may not: the algorithms
(`shards`, `release`), deciding what is due (`planner`), Dagster.

The shard plan is a change barrier: it names the exact inputs of every shard, and a shard is written again only where
its own inputs changed.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.chain import Outcome
from pile_assets.corpus import Partitions, Report, pinned_paths
from pile_assets.errors import PileError
from pile_assets.registry.models import Domain
from pile_assets.shards import merge
from pile_assets.shards import plan as trie
from pile_assets.stages import ROW_FIELDS
from pile_assets.state import Sources
from pile_assets.steps import RELEASE as RELEASE
from pile_assets.steps import TAKEDOWNS, Lookup
from pile_assets.store import Address, Counts, FileRef, Manifest, digest, rows_digest
from pile_assets.view import View

SHARD_BYTES = 32 * 1024 * 1024
"""Target size T in bytes of text: what one small partition that changes has written at most, see `shards.plan`. A deployment
sets its own with PILE_SHARD_BYTES."""

TEXT_TOGETHER = 32 * 1024 * 1024
"""Bytes of text that the writing of a shard holds at once, beside its rows without text and one part file of a partition. Only
a shard of one large partition, or of a larger target, has more: its partition is read again for every so many bytes."""

PLAN_VERSION, SHARD_VERSION, CONTENT_VERSION = "1", "1", "2"


def domains(sources: Sources, partitions: Partitions) -> list[str]:
    """Domains that have a present source, or still have a plan from one that left."""
    inhabited = {record.domain.value for record in sources.present.values()}
    planned = {domain.value for domain in Domain if partitions(f"domains/{domain.value}", "shard_plan")}
    return sorted(inhabited | planned)


def placements(domain: str, sources: Sources, lookup: Lookup, partitions: Partitions) -> list[list[Any]]:
    """[source, partition, family, bytes, docs, version] of everything live in a domain, sorted."""
    found = []
    for source, record in sources.present.items():
        if record.domain.value != domain:
            continue
        for partition in partitions(f"sources/{source}", "unique"):
            manifest = lookup(Address.of_source(source, "unique", partition))
            live = manifest.facts["live"] if manifest is not None else {}
            found += [[source, partition, family, f["bytes"], f["docs"], f["version"]] for family, f in live.items()]
    return sorted(found)


def plan_key(domain: str, found: list[list[Any]], shard_bytes: int) -> str:
    return digest([PLAN_VERSION, trie.PARAMETERS, domain, shard_bytes, found])


def run_plan(view: View, sources: Sources, domain: str, shard_bytes: int, report: Report) -> None:
    """Place the live partitions of a domain in shards, each shard with its exact inputs."""
    found = placements(domain, sources, view.get, view.partitions)
    schema = {
        "source": pl.String,
        "partition": pl.String,
        "family": pl.String,
        "bytes": pl.Int64,
        "docs": pl.Int64,
        "version": pl.String,
    }
    leaves = trie.plan(pl.DataFrame(found, schema=schema, orient="row"), shard_bytes)
    shards = {
        shard: [
            list(row)
            for row in leaf.select("source", "partition", "docs", "bytes", "version").sort("source", "partition").iter_rows()
        ]
        for shard, leaf in sorted(leaves.items())
    }
    address = Address.of_domain(domain, "shard_plan")
    facts = {
        "shards": shards,
        "shard_bytes": shard_bytes,
        "sizes": {k: sum(row[3] for row in rows) for k, rows in shards.items()},
    }
    counts = Counts(len(found), len(found))
    manifest = Manifest(address, plan_key(domain, found, shard_bytes), PLAN_VERSION, {}, digest(shards), {}, counts, (), facts)
    before = view.get(address)
    view.commit(manifest)
    report(Outcome(address, "worked", manifest, before))


def shard_inputs(plan: Manifest, shard: str) -> list[list[Any]]:
    """[source, partition, docs, bytes, version] of every partition in a shard."""
    rows: list[list[Any]] = plan.facts["shards"][shard]
    return rows


def shard_key(plan: Manifest, shard: str) -> str:
    """Depends on what the shard holds and how it is cut, not on the rest of the plan."""
    return digest(
        [SHARD_VERSION, merge.PARAMETERS, plan.address.name, shard, plan.facts["shard_bytes"], shard_inputs(plan, shard)]
    )


def wanted_shards(domain: str, lookup: Lookup, partitions: Partitions) -> dict[str, str]:
    """Shard -> key it should have: those of the plan, and an empty version for shards the plan no longer has."""
    plan = lookup(Address.of_domain(domain, "shard_plan"))
    if plan is None:
        return {}
    wanted = {shard: shard_key(plan, shard) for shard in plan.facts["shards"]}
    for shard in partitions(f"domains/{domain}", "shards"):
        if shard not in wanted:
            wanted[shard] = _retired_key(domain, shard)
    return dict(sorted(wanted.items()))


def _retired_key(domain: str, shard: str) -> str:
    return digest([SHARD_VERSION, domain, shard, "retired"])


# -- shards --------------------------------------------------------------------------------------------------------


def run_shard(view: View, domain: str, shard: str, report: Report, *, force: bool = False) -> None:
    """Write the part files of one shard from what `unique` keeps; an unchanged shard is not touched."""
    started = time.monotonic()
    plan = view.need(Address.of_domain(domain, "shard_plan"))
    address = Address.of_domain(domain, "shards", shard)
    before = view.get(address)
    retired = shard not in plan.facts["shards"]
    key = _retired_key(domain, shard) if retired else shard_key(plan, shard)
    if before is not None and before.key == key and not force:
        report(Outcome(address, "unchanged", before, before))
        return
    if not force and (remembered := view.store.recall(key)):
        view.commit(remembered)
        report(Outcome(address, "recalled", remembered, before))
        return
    manifest = _empty_shard(address, key) if retired else _merge(view, plan, address, key)
    view.commit(manifest)
    report(Outcome(address, "worked", manifest, before, time.monotonic() - started))


def _empty_shard(address: Address, key: str) -> Manifest:
    return Manifest(address, key, SHARD_VERSION, {}, rows_digest([]), facts={"made_of": [], "bytes": 0, "histograms": {}})


def _merge(view: View, plan: Manifest, address: Address, key: str) -> Manifest:
    family = address.partition.rpartition("-")[0]
    inputs = shard_inputs(plan, address.partition)
    rows = merge.order(pl.concat([_kept_rows(view, source, part, family, version) for source, part, _, _, version in inputs]))
    cuts = merge.cut(rows["id"].to_list(), rows["bytes"].to_list(), plan.facts["shard_bytes"] // merge.PARTS_PER_SHARD)
    files: list[FileRef] = []
    for together in merge.batches(cuts, rows["bytes"].to_list(), TEXT_TOGETHER):
        files += _write_parts(view, address, rows, together)
    facts = {
        "made_of": [[source, partition, docs, size] for source, partition, docs, size, _ in inputs],
        "bytes": int(rows["bytes"].sum()),
        "histograms": merge.histograms(rows),
    }
    version = rows_digest(rows.iter_rows())
    return Manifest(
        address, key, SHARD_VERSION, {"shard_plan": key}, version, {}, Counts(rows.height, rows.height), tuple(files), facts
    )


def _write_parts(view: View, address: Address, rows: pl.DataFrame, cuts: list[list[int]]) -> list[FileRef]:
    """Write successive part files; `cuts` are the positions of their rows, which are given without texts."""
    first, beyond = cuts[0][0], cuts[-1][-1] + 1
    whole = _with_texts(view, rows[first:beyond])
    return [view.store.write_part(address, whole[cut[0] - first : cut[-1] + 1 - first]) for cut in cuts]


def _kept_rows(view: View, source: str, partition: str, family: str, version: str) -> pl.DataFrame:
    """The shard rows of one partition and family without their text, read from the files its verdicts were decided on.

    Raises PileError where `dedup` has decided again since the plan was made: a shard is never written under a key
    that promises other rows.
    """
    unique = view.need(Address.of_source(source, "unique", partition))
    if unique.versions.get(family) != version:
        raise PileError(
            "The verdicts of this partition are newer than the shard plan.",
            remedy="Nothing to mend: the planner plans the domain again; by hand, materialize shard_plan first.",
            source=source,
            partition=partition,
        )
    kept = (
        view.store.frame(unique, schemas.UNIQUE, ["id", "verdict", "family"])
        .filter((pl.col("verdict") == "kept") & (pl.col("family") == family))
        .select("id")
    )
    pins = unique.facts["pins"]
    facts = _chosen(view, pinned_paths(view, pins, source, partition, "documents"), kept, list(ROW_FIELDS))
    edits = ["id", "modified", "text_sha256", "bytes"]
    edited = _chosen(view, pinned_paths(view, pins, source, partition, "cleaned"), kept, edits)
    columns = [name for name in schemas.SHARD_ROWS if name != "text"]
    return facts.join(edited, on="id", how="left", maintain_order="left").select(columns)


def _with_texts(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows in shard order with their texts, read from the files that the rows were read from."""
    texts = []
    for place, kept in rows.partition_by("source", "partition", as_dict=True).items():
        source, partition = map(str, place)
        unique = view.need(Address.of_source(source, "unique", partition))
        paths = pinned_paths(view, unique.facts["pins"], source, partition, "cleaned")
        texts.append(_chosen(view, paths, kept.select("id"), ["id", "text"]))
    return rows.join(pl.concat(texts), on="id", how="left", maintain_order="left").select(list(schemas.SHARD_ROWS))


def _chosen(view: View, paths: Iterable[Path], kept: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The kept rows of some part files, in file order, one part in memory at a time beside the result."""
    parts = (view.store.read_part(path, columns) for path in paths)
    chosen = (part.join(kept, on="id", how="semi", maintain_order="left") for part in parts)
    return pl.concat([_apart(rows) for rows in chosen])


def _apart(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with texts of their own: a row that was chosen from a part keeps all texts of that part in memory."""
    return rows.with_columns(pl.concat_str("text", pl.lit("")).alias("text")) if "text" in rows.columns else rows


def changed_because(before: Manifest | None, after: Manifest) -> list[str]:
    """Why a shard was written, in words: the source partitions that joined, left or changed, largest first."""
    old = {(row[0], row[1]): row[2:] for row in (before.facts["made_of"] if before else [])}
    new = {(row[0], row[1]): row[2:] for row in after.facts["made_of"]}
    reasons = []
    size = {place: facts[1] for place, facts in (old | new).items()}
    for place in sorted(size, key=lambda place: (-size[place], place)):
        name = "/".join(place)
        if place not in old:
            reasons.append(f"{name} joined with {_documents(new[place][0])}")
        elif place not in new:
            reasons.append(f"{name} left with {_documents(old[place][0])}")
        elif old[place] != new[place]:
            reasons.append(f"{name} changed from {old[place][0]} to {_documents(new[place][0])}")
    return reasons or ["documents changed, their numbers and sizes did not"]


def _documents(count: int) -> str:
    return f"{count} document" if count == 1 else f"{count} documents"


# -- release -------------------------------------------------------------------------------------------------------


def live_shards(lookup: Lookup, partitions: Partitions) -> list[Manifest]:
    """Every shard that has rows, in (domain, shard) order."""
    found = []
    for domain in sorted(domain.value for domain in Domain):
        for shard in partitions(f"domains/{domain}", "shards"):
            manifest = lookup(Address.of_domain(domain, "shards", shard))
            if manifest is not None and manifest.files:
                found.append(manifest)
    return found


def release_key(shards: Iterable[Manifest], lookup: Lookup) -> str:
    """What tells the shards of one release, and what it says of documents that left, from those of another.

    The files count beside the rows: after a change of the target a leaf may hold the same rows, cut into other files.
    """
    content = [[m.address.owner, m.address.partition, m.data_version, [file.name for file in m.files]] for m in shards]
    takedowns = lookup(TAKEDOWNS)
    left = takedowns.versions.get("tombstones") if takedowns else None
    return digest([CONTENT_VERSION, content, *([left] if left else [])])


def withdrawn(lookup: Lookup) -> dict[str, Any]:
    """What a release says of the documents that left it (`withdrawal.tombstones`); empty where there are none."""
    takedowns = lookup(TAKEDOWNS)
    if takedowns is None or "tombstones" not in takedowns.versions:
        return {}
    said = ("tombstones", "grouped", "releases", "replaced")
    return {name: takedowns.facts[name] for name in said if name in takedowns.facts}


def shard_facts(manifest: Manifest) -> dict[str, Any]:
    """What a release says of a shard, see `release.manifest.FACTS`."""
    return {
        "domain": manifest.address.name,
        "shard": manifest.address.partition,
        "data_version": manifest.data_version,
        "rows": manifest.counts.given,
        "bytes": manifest.facts["bytes"],
        "files": [vars(file) for file in manifest.files],
        "made_of": manifest.facts["made_of"],
        "histograms": manifest.facts["histograms"],
    }
