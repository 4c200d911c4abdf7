"""What a built corpus must be, told from its files and from what was published, by nothing of the product but where files lie.

What belongs here: reading the store, and checks over it, each of which raises AssertionError with what is wrong. What may not:
changing a corpus, building, or calling what decides on verdicts, plans and cuts.
"""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets.shards.merge import HISTOGRAMS, PARTS_PER_SHARD, UNKNOWN
from pile_assets.store import Address, Manifest, Store

Place = tuple[str, str]


@dataclass(frozen=True)
class Shard:
    """One current shard with the rows of its part files."""

    manifest: Manifest
    parts: tuple[pl.DataFrame, ...]

    @property
    def name(self) -> str:
        return f"{self.manifest.address.name}/{self.manifest.address.partition}"

    @property
    def family(self) -> str:
        return self.manifest.address.partition.rpartition("-")[0]

    @property
    def alone(self) -> bool:
        return self.manifest.address.partition.rpartition("-")[2].startswith("alone")

    @property
    def prefix(self) -> str:
        """Bits of the trie: all of them where a partition stands alone."""
        bits = self.manifest.address.partition.rpartition("-")[2]
        return f"{int(bits.removeprefix('alone'), 16):064b}" if self.alone else "" if bits == "all" else bits

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        return [row for part in self.parts for row in part.iter_rows(named=True)]

    @property
    def sizes(self) -> dict[Place, int]:
        """Bytes of text by source partition."""
        found: Counter[Place] = Counter()
        for row in self.rows:
            found[row["source"], row["partition"]] += len(row["text"].encode())
        return dict(found)


class Held:
    """Everything current of a store, read once."""

    def __init__(self, home: Path):
        self.store = Store(home)
        self.manifests = {address: self._manifest(address) for address in self.store.addresses()}
        self.shards = [self._shard(manifest) for manifest in self.of_stage("shards") if manifest.files]
        self.verdicts = {
            (manifest.address.name, manifest.address.partition): self._verdicts(manifest)
            for manifest in self.of_stage("unique")
        }

    def of_stage(self, stage: str) -> Iterator[Manifest]:
        return (manifest for address, manifest in self.manifests.items() if address.stage == stage)

    def _manifest(self, address: Address) -> Manifest:
        manifest = self.store.manifest(address)
        assert manifest is not None, f"{address} is listed and has no manifest"
        return manifest

    def _shard(self, manifest: Manifest) -> Shard:
        return Shard(manifest, tuple(pl.read_parquet(path, glob=False) for path in self.store.paths(manifest)))

    def _verdicts(self, manifest: Manifest) -> list[dict[str, Any]]:
        return [row for path in self.store.paths(manifest) for row in pl.read_parquet(path, glob=False).to_dicts()]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Id -> its shard row; of two with one id, the last."""
        return {row["id"]: row for shard in self.shards for row in shard.rows}

    @property
    def shard_bytes(self) -> dict[str, bytes]:
        """The manifest and the part files of every shard that has rows."""
        found = {}
        for shard in self.shards:
            found[shard.name] = shard.manifest.to_bytes()
            for path in self.store.paths(shard.manifest):
                found[f"{shard.name}/{path.name}"] = path.read_bytes()
        return found

    def release(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.store.releases / "latest.json").read_bytes())
        return found


# -- every document in one place -----------------------------------------------------------------------------------------


def conserved(held: Held, published: Mapping[str, str]) -> None:
    """I8. Every published document (id -> text) is once in one shard, as it was published, or has one record that says why
    not; and nothing else is there."""
    kept = Counter(row["id"] for shard in held.shards for row in shard.rows)
    assert max(kept.values(), default=1) == 1, f"in two shards: {[name for name, count in kept.items() if count > 1]}"
    records = [row for rows in held.verdicts.values() for row in rows if row["verdict"] != "kept"]
    negative = Counter(row["id"] for row in records)
    assert max(negative.values(), default=1) == 1, f"two records: {[name for name, count in negative.items() if count > 1]}"
    assert not kept.keys() & negative.keys(), f"in a shard and recorded as left out: {sorted(kept.keys() & negative.keys())}"
    lost = published.keys() - kept.keys() - negative.keys()
    assert not lost, f"in no shard and without a record: {sorted(lost)}"
    strangers = (kept.keys() | negative.keys()) - published.keys()
    assert not strangers, f"not published and still there: {sorted(strangers)}"
    for row in records:
        said = row["reason"] if row["verdict"] == "dropped" else row["dup_of"] in kept
        assert said, f"the record of {row['id']} does not say why it is left out: {row}"
    stale = [name for name, row in held.rows.items() if row["text"] != published[name]]
    assert not stale, f"in a shard with another text than is published: {stale}"


# -- sizes -------------------------------------------------------------------------------------------------------------


def sized(held: Held, shard_bytes: int) -> None:
    """I12. A partition of more than half the target stands alone; any other shard is the shortest prefix of the trie that fits
    half the target. A part file has half to one and a half of an eighth of the target, but for the last and for a document that
    leaps over the window."""
    totals: Counter[tuple[str, str, str]] = Counter()  # of every node: domain, family, prefix
    for shard in held.shards:
        _in_its_place(shard, shard_bytes)
        _parts_sized(shard, shard_bytes // PARTS_PER_SHARD)
        for place, size in shard.sizes.items():
            path = bits(place)
            for length in range(len(path) + 1):
                totals[shard.manifest.address.name, shard.family, path[:length]] += 0 if shard.alone else size
    for shard in held.shards:
        if shard.prefix and not shard.alone:
            above = totals[shard.manifest.address.name, shard.family, shard.prefix[:-1]]
            assert 2 * above > shard_bytes, f"{shard.name} could be merged: with its sibling it has {above} bytes"


def _in_its_place(shard: Shard, shard_bytes: int) -> None:
    total = sum(shard.sizes.values())
    for place, size in shard.sizes.items():
        path = bits(place)
        assert shard.alone == (2 * size > shard_bytes), f"{'/'.join(place)} has {size} bytes and is in {shard.name}"
        assert path.startswith(shard.prefix), f"{'/'.join(place)} is in {shard.name}, and its bits are {path[:16]}"
    if shard.alone:
        assert len(shard.sizes) == 1, f"{shard.name} holds {len(shard.sizes)} partitions"
    else:
        assert 2 * total <= shard_bytes, f"{shard.name} has {total} bytes, the target is {shard_bytes}"


def bits(place: Place) -> str:
    """The path of a source partition in the trie."""
    whole = hashlib.sha256("/".join(place).encode()).digest()
    return "".join(f"{byte:08b}" for byte in whole[:8])


def _parts_sized(shard: Shard, target: int) -> None:
    for number, part in enumerate(shard.parts, 1):
        sizes = [len(text.encode()) for text in part["text"]]
        total, last = sum(sizes), sizes[-1]
        leaps = last > target and 2 * (total - last) < target
        where = f"part {number} of {len(shard.parts)} of {shard.name} has {total} bytes, the target is {target}"
        assert 2 * total <= 3 * target or leaps, where
        assert 2 * total >= target or number == len(shard.parts), where


# -- lineage -----------------------------------------------------------------------------------------------------------


def recounted(held: Held) -> None:
    """I13. What manifests, the plan and the release say of shards is what their files hold, counted again; and every row is
    kept by the verdicts of the partition that it is said to be of."""
    for shard in held.shards:
        _manifest_recounted(held, shard)
        _kept_by_verdicts(held, shard)
    _plans_recounted(held)
    _release_recounted(held)


def _manifest_recounted(held: Held, shard: Shard) -> None:
    manifest = shard.manifest
    docs = Counter((row["source"], row["partition"]) for row in shard.rows)
    made_of = [[*place, docs[place], shard.sizes[place]] for place in sorted(docs)]
    assert manifest.facts["made_of"] == made_of, (
        f"{shard.name} is said to be made of {manifest.facts['made_of']}, not {made_of}"
    )
    assert manifest.facts["bytes"] == sum(shard.sizes.values()), f"{shard.name} does not have the bytes it is said to have"
    assert manifest.counts.given == len(shard.rows), f"{shard.name} does not have the rows it is said to have"
    assert manifest.facts["histograms"] == histograms(shard.rows), f"the histograms of {shard.name} are not those of its rows"
    assert {row["family"] for row in shard.rows} == {shard.family}, f"{shard.name} mixes licence families"
    for file, path, part in zip(manifest.files, held.store.paths(manifest), shard.parts, strict=True):
        content = path.read_bytes()
        found = (hashlib.sha256(content).hexdigest(), len(content), part.height)
        assert (file.sha256, file.bytes, file.rows) == found, f"{path.name} of {shard.name} is not the file it is said to be"


def histograms(rows: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, int]]]:
    """Documents and bytes by value, of the columns that shards have."""
    found: dict[str, dict[str, dict[str, int]]] = {}
    for column in HISTOGRAMS:
        if column in rows[0]:
            counted: dict[str, dict[str, int]] = defaultdict(lambda: {"docs": 0, "bytes": 0})
            for row in rows:
                value = UNKNOWN if row[column] is None else row[column]
                counted[value]["docs"] += 1
                counted[value]["bytes"] += len(row["text"].encode())
            found[column] = dict(counted)
    return found


def _kept_by_verdicts(held: Held, shard: Shard) -> None:
    for row in shard.rows:
        of_partition = {record["id"]: record for record in held.verdicts.get((row["source"], row["partition"]), ())}
        record = of_partition.get(row["id"])
        kept = record is not None and record["verdict"] == "kept"
        assert kept, f"{row['id']} is in {shard.name}, and {row['source']}/{row['partition']} does not keep it"
        assert record is not None
        same = (record["family"], record["bytes"]) == (row["family"], row["bytes"])
        assert same, f"{row['id']} is in {shard.name} with another family or length than it was kept with"


def _plans_recounted(held: Held) -> None:
    planned = {}
    for plan in held.of_stage("shard_plan"):
        for shard, rows in plan.facts["shards"].items():
            planned[f"{plan.address.name}/{shard}"] = [row[:4] for row in rows]
            assert plan.facts["sizes"][shard] == sum(row[3] for row in rows), (
                f"the plan's size of {shard} is not that of its rows"
            )
    made = {shard.name: shard.manifest.facts["made_of"] for shard in held.shards}
    assert planned == made, f"the plan is {planned}, the shards are {made}"


def _release_recounted(held: Held) -> None:
    release = held.release()
    listed = {f"{shard['domain']}/{shard['shard']}": shard for shard in release["shards"]}
    assert listed.keys() == {shard.name for shard in held.shards}, "the release lists other shards than there are"
    for shard in held.shards:
        facts = shard.manifest.facts
        said = {
            "data_version": shard.manifest.data_version,
            "rows": len(shard.rows),
            "bytes": sum(shard.sizes.values()),
            "files": [vars(file) for file in shard.manifest.files],
            "made_of": facts["made_of"],
            "histograms": histograms(shard.rows),
        }
        differing = [name for name, value in said.items() if listed[shard.name][name] != value]
        assert not differing, f"the release says another {' and '.join(differing)} of {shard.name}"
    totals = release["totals"]
    counted = (len(held.shards), sum(len(shard.rows) for shard in held.shards))
    assert (totals["shards"], totals["docs"]) == counted, f"the release counts {totals}, there are {counted}"
    assert totals["bytes"] == sum(sum(shard.sizes.values()) for shard in held.shards), "the release counts other bytes"


# -- an arrival ------------------------------------------------------------------------------------------------------------


def undisturbed(before: Held, after: Held) -> None:
    """I9. What arrived ranks last: no verdict of before is another one, and no row has left or changed."""
    for place, rows in before.verdicts.items():
        was = Address.of_source(place[0], "unique", place[1])
        flipped = [old["id"] for old, new in zip(rows, after.verdicts[place], strict=True) if old != new]
        assert not flipped, f"an arrival changed older verdicts: {flipped}"
        assert before.manifests[was].to_bytes() == after.manifests[was].to_bytes(), f"an arrival wrote {place} again"
    rows_now = after.rows
    changed = [name for name, row in before.rows.items() if rows_now.get(name) != row]
    assert not changed, f"an arrival changed older rows: {changed}"
