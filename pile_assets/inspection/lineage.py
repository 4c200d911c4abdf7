"""Where things come from: a shard's source partitions with their versions; a document's whole way from raw file to row.

What belongs here: following manifests and rows backwards. What may not: printing (`console`), judging whether the store
is whole (`verify`). Everything is answered from the committed manifests, and a shard's answer is checked against its rows.
"""

import difflib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pile_assets.dedup.signatures import PERMUTATIONS
from pile_assets.errors import PileError, StoreDamage
from pile_assets.inspection import find
from pile_assets.inspection.sql import Tables, filters_of
from pile_assets.store import Address, Manifest, Store

LIMIT = 50
"""Duplicates of a document that are listed, where nobody asks for more: some documents stand for many thousands."""


@dataclass(frozen=True)
class Part:
    """One source partition in a shard. The versions are null where the partition has moved on since the shard was written."""

    source: str
    partition: str
    documents: int
    bytes: int
    upstream: str | None  # what upstream said identified its bytes
    documents_version: str | None
    unique_version: str | None


@dataclass(frozen=True)
class ShardLineage:
    """What a shard was made of. `current` is False where a build is due that will write it again."""

    shard: str
    data_version: str
    rows: int
    bytes: int
    current: bool
    files: tuple[str, ...]
    partitions: tuple[Part, ...]
    histograms: Mapping[str, Any]


@dataclass(frozen=True)
class DocumentLineage:
    """One document's way through the stages. Each mapping is a stage's row; null where the stage has not been done."""

    id: str
    source: str
    partition: str
    current: bool  # False where a stage is newer than the verdicts that placed the document
    standing: str  # kept | exact_dup | near_dup | dropped | taken-down | withdrawn | source-absent | undecided
    because: str  # the same in words
    raw: Mapping[str, Any]
    licence: Mapping[str, Any]
    text: Mapping[str, Any]
    filters: Mapping[str, Mapping[str, Any]]
    cleaned: Mapping[str, Any] | None
    policy: Mapping[str, Any] | None
    duplicate: Mapping[str, Any] | None
    duplicates: tuple[Mapping[str, Any], ...]  # documents that were dropped for this one, the first of them by id
    duplicates_by_source: Mapping[str, int]  # source -> how many in all, the most first
    shard: Mapping[str, Any] | None


# -- shards --------------------------------------------------------------------------------------------------------


def shards(store: Store) -> dict[str, Manifest]:
    """Every shard that has rows, by name "<domain>/<shard>"."""
    found = {}
    for address in store.addresses():
        if address.stage == "shards" and (manifest := store.manifest(address)) and manifest.files:
            found[f"{address.name}/{address.partition}"] = manifest
    return found


def shard(store: Store, name: str) -> ShardLineage:
    """The lineage of one shard. Raises StoreDamage where its manifest and its rows disagree."""
    known = shards(store)
    if name not in known:
        raise _unknown_shard(name, list(known))
    manifest = known[name]
    promised = {(source, partition): documents for source, partition, documents, _ in manifest.facts["made_of"]}
    held = rows_by_partition(store, manifest)
    if promised != held:
        wrong = sorted("/".join(place) for place in promised.keys() | held.keys() if promised.get(place) != held.get(place))
        raise StoreDamage(
            f"The shard {name} does not hold the documents its manifest promises: {', '.join(wrong[:5])}.",
            remedy="Run `pile verify` for the whole list, then `pile build --repair`.",
        )
    versions = _planned_versions(store, manifest)
    return ShardLineage(
        shard=name,
        data_version=manifest.data_version,
        rows=manifest.counts.given,
        bytes=manifest.facts["bytes"],
        current=versions is not None,
        files=tuple(str(path.relative_to(store.home)) for path in store.paths(manifest)),
        partitions=tuple(_parts(store, manifest, versions or {})),
        histograms=manifest.facts["histograms"],
    )


def rows_by_partition(store: Store, manifest: Manifest) -> dict[tuple[str, str], int]:
    """(source, partition) -> rows, counted in the part files of a shard."""
    counted: Counter[tuple[str, str]] = Counter()
    for part in store.parts(manifest, ["source", "partition"]):
        counted.update(part.iter_rows())
    return dict(counted)


def _planned_versions(store: Store, shard: Manifest) -> dict[tuple[str, str], str] | None:
    """The version of each partition's kept documents a shard was written from; None where the plan has moved on."""
    plan = store.manifest(Address(shard.address.owner, "shard_plan"))
    rows = plan.facts["shards"].get(shard.address.partition, []) if plan else []
    if [row[:4] for row in rows] != [list(row) for row in shard.facts["made_of"]]:
        return None
    return {(source, partition): version for source, partition, _, _, version in rows}


def _parts(store: Store, shard: Manifest, versions: Mapping[tuple[str, str], str]) -> Iterator[Part]:
    family = shard.address.partition.rpartition("-")[0]
    for source, partition, documents, size in shard.facts["made_of"]:
        unique = store.manifest(Address.of_source(source, "unique", partition))
        version = versions.get((source, partition))
        if unique is None or version is None or unique.versions.get(family) != version:
            yield Part(source, partition, documents, size, None, None, None)
            continue
        upstream, made = _origin(store, source, partition, unique)
        yield Part(source, partition, documents, size, upstream, made, unique.data_version)


def _origin(store: Store, source: str, partition: str, unique: Manifest) -> tuple[str | None, str | None]:
    """The upstream and documents versions behind a partition's verdicts, as far as they are still the current ones."""
    made = store.manifest(Address.of_source(source, "documents", partition))
    raw = store.manifest(Address.of_source(source, "raw", partition))
    if made is None or not _pinned(unique, made):
        return None, None
    whole = raw is not None and made.inputs.get("raw") == raw.data_version
    return (raw.inputs["upstream"] if raw is not None and whole else None), made.data_version


def _pinned(unique: Manifest, made: Manifest) -> bool:
    return [pin["name"] for pin in unique.facts["pins"]["documents"]] == [file.name for file in made.files]


def _unknown_shard(name: str, known: list[str]) -> PileError:
    same = [other for other in known if other.rpartition("/")[2] == name.rpartition("/")[2]]
    alike = list(dict.fromkeys([*same, *difflib.get_close_matches(name, known, n=5, cutoff=0.4)]))
    return PileError(f"There is no shard {name!r}.", remedy=_suggestion(alike or known[:5], "pile status"))


def _suggestion(names: list[str], command: str) -> str:
    listed = f"Is it one of these: {', '.join(names)}? " if names else ""
    return f"{listed}`{command}` shows what there is."


# -- documents -----------------------------------------------------------------------------------------------------


def document(store: Store, tables: Tables, identifier: str, limit: int = LIMIT) -> DocumentLineage:
    """The lineage of one document by its id, with the first `limit` of those that were dropped for it.

    Raises PileError, with the most similar ids, where there is none.
    """
    key = _key(tables, identifier)
    row = _row(tables, "documents", key, "* exclude (text)") if key else None
    if key is None or row is None:
        alike = find.near(tables, identifier)
        raise PileError(f"There is no document {identifier!r}.", remedy=_suggestion(alike, "pile find TEXT"))
    _, source, partition = key
    eligible = store.manifest(Address.of_source(source, "eligible", partition))
    duplicate = _row(tables, "unique", key, "verdict, reason, dup_of, dup_of_source, dup_of_partition, agreement, family")
    facts = ("url", "title", "author", "attribution", "created", "media_type", "text_sha256", "bytes")
    return DocumentLineage(
        id=identifier,
        source=source,
        partition=partition,
        current=_settled(store, source, partition, eligible),
        **_standing(store, tables, key, duplicate),
        raw=_raw(store, tables, row),
        licence=_licence(row),
        text={name: row[name] for name in facts},
        filters=_attributes(tables, key, filters_of(eligible) if eligible else ()),
        cleaned=_row(tables, "cleaned", key, "modified, text_sha256, bytes"),
        policy=_row(tables, "eligible", key, "kept, reason, rule, quality"),
        duplicate=duplicate,
        duplicates=tuple(_dropped_for(tables, identifier, limit)),
        duplicates_by_source=_dropped_by_source(tables, identifier),
        shard=_place(store, row, duplicate) if duplicate and duplicate["verdict"] == "kept" else None,
    )


Key = tuple[str, str, str]
"""(id, source, partition): a document that moved to another partition is still in the raw of the one it left."""


def _standing(store: Store, tables: Tables, key: Key, duplicate: Mapping[str, Any] | None) -> dict[str, str]:
    """What became of a document, and why; the nearest reason first: a request, its publisher, the operator, a verdict."""
    _, source, partition = key
    if asked := _row(tables, "suppressions", key, "takedowns"):
        return {
            "standing": "taken-down",
            "because": f"It is kept out by {asked['takedowns'].replace(' ', ', ')} of the ledger.",
        }
    query = "select present, withdrawals from upstream where source = $1 and partition = $2"
    left = next((row for row in tables.ask(query, [source, partition]).rows if not row[0]), None)
    if left is not None:
        said = f"Its publisher withdrew the partition {source}/{partition}; withdrawals so far: {left[1]}. It returns with it."
        return {"standing": "withdrawn", "because": said}
    unique = store.manifest(Address.of_source(source, "unique", partition))
    if unique is not None and "source-absent" in unique.counts.dropped:
        said = f"The source {source} is out of the corpus: `pile sources show {source}` says why."
        return {"standing": "source-absent", "because": said}
    if duplicate is None:
        return {"standing": "undecided", "because": "The duplicates step has not seen it yet: run `pile build`."}
    return {"standing": duplicate["verdict"], "because": _verdict_in_words(duplicate)}


def _verdict_in_words(duplicate: Mapping[str, Any]) -> str:
    kept_in = f"{duplicate['dup_of']}, which is kept in {duplicate['dup_of_source']}/{duplicate['dup_of_partition']}"
    match duplicate["verdict"]:
        case "kept":
            return f"It is in the corpus, among the {duplicate['family']} documents."
        case "exact_dup":
            return f"Its text is that of {kept_in}."
        case "near_dup":
            share = duplicate["agreement"] / PERMUTATIONS
            return (
                f"It resembles {kept_in}: {duplicate['agreement']} of {PERMUTATIONS} signature positions agree ({share:.0%})."
            )
        case _:
            return f"The policy dropped it: {duplicate['reason']}."


def _key(tables: Tables, identifier: str) -> Key | None:
    """Where a document is in the corpus, or else where it was found at all."""
    for view in ("unique", "documents"):
        query = f'select id, source, partition from "{view}" where id = $1 order by source, partition limit 1'
        for found in tables.ask(query, [identifier]).rows:
            return found[0], found[1], found[2]
    return None


def _row(tables: Tables, view: str, key: Key, columns: str) -> dict[str, Any] | None:
    """Some columns of a document's row in a view."""
    query = f'select {columns} from "{view}" where id = $1 and source = $2 and partition = $3'
    return next(tables.ask(query, key).records(), None)


def _settled(store: Store, source: str, partition: str, eligible: Manifest | None) -> bool:
    unique = store.manifest(Address.of_source(source, "unique", partition))
    made = store.manifest(Address.of_source(source, "documents", partition))
    if unique is None or made is None or eligible is None:
        return False
    return _pinned(unique, made) and unique.inputs.get("eligible") == eligible.data_version


def _raw(store: Store, tables: Tables, row: Mapping[str, Any]) -> dict[str, Any]:
    place = [row["source"], row["partition"], row["raw_path"]]
    query = "select path, sha256, url from raw where source = $1 and partition = $2 and path = $3"
    found = next(tables.ask(query, place).records(), {"path": row["raw_path"], "sha256": row["raw_sha256"], "url": None})
    address = Address.of_source(row["source"], "raw", row["partition"])
    manifest = store.manifest(address)
    return {
        **found,
        "upstream": manifest.inputs["upstream"] if manifest else None,
        "capture": _capture(store, address, manifest, row["raw_path"]),
    }


def _capture(store: Store, address: Address, manifest: Manifest | None, path: str) -> dict[str, Any] | None:
    """How the file was retrieved; None for sources that capture nothing."""
    if manifest is None:
        return None
    try:
        content = (store.folder(address) / f"capture-{manifest.data_version}.json").read_bytes()
    except FileNotFoundError:
        return None
    found: dict[str, Any] | None = json.loads(content).get(path)
    return found


def _licence(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "licence": row["licence"],
        "family": row["family"],
        "status": row["licence_status"],
        "accepted": row["accepted"],
        "rule": row["licence_rule"],
        "reason": row["licence_reason"],
        "public_domain": json.loads(row["public_domain"] or "{}"),
        "evidence": json.loads(row["licence_evidence"] or "[]"),
    }


def _attributes(tables: Tables, key: Key, filters: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    rows = {name: _row(tables, f"attributes_{name}", key, "* exclude (source, partition, id)") for name in filters}
    return {name: row for name, row in rows.items() if row is not None}


def _dropped_for(tables: Tables, identifier: str, limit: int) -> Iterator[dict[str, Any]]:
    columns = "id, source, partition, verdict, agreement"
    return tables.ask(f'select {columns} from "unique" where dup_of = $1 order by id limit $2', [identifier, limit]).records()


def _dropped_by_source(tables: Tables, identifier: str) -> dict[str, int]:
    query = 'select source, count(*) from "unique" where dup_of = $1 group by source order by count(*) desc, source'
    return dict(tables.ask(query, [identifier]).rows)


def _place(store: Store, row: Mapping[str, Any], duplicate: Mapping[str, Any]) -> dict[str, Any] | None:
    """Shard, part file and row index, counted from 0, of a kept document; None where its shard is still to be written."""
    for name, manifest in shards(store).items():
        inside = any(part[:2] == [row["source"], row["partition"]] for part in manifest.facts["made_of"])
        if not inside or name.rpartition("/")[2].rpartition("-")[0] != duplicate["family"]:
            continue
        for path in store.paths(manifest):
            ids = store.read_part(path, ["id"]).with_row_index("row").filter(pl.col("id") == row["id"])
            if ids.height:
                return {"shard": name, "file": str(path.relative_to(store.home)), "row": ids["row"][0]}
    return None
