"""Bytes of shards that a change rewrites: the trie and content-defined parts of this project, beside two simpler layouts.

    python -m benchmarks.shard_bytes [DOCUMENTS]

The partitions are synthetic: 1,000 of 30 sources, with sizes as skewed as real ones (log-normal), documents likewise, a
tenth of the partitions in two licence families. Plans and cuts are those of `pile_assets.shards`; sizes are bytes of text,
and nothing is compressed or written. *Shards* counts whole shards whose rows changed, *parts* only the part files that were
not there before in that shard, which is what is written and what a consumer fetches. Both other layouts have as many shards
of each family: *packing* fills shards of equal size in the order of partition and id, *buckets* goes by a hash of the id.

The bound of a change is, for each partition it touches and each licence family that partition holds (before or after), the
greater of the target T and the partition's own bytes in that family.
"""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pile_assets.shards import merge, plan

TARGET = 10_000_000
PARTITIONS, SOURCES = 1_000, 30
FAMILIES = ("permissive", "public-domain", "sharealike")
SEED = 20261125
REPEATS = 4
"""How often the other layouts are measured."""

Rows = pl.DataFrame
"""Documents: id, source, partition, family, bytes, version."""

Layout = dict[str, tuple[int, str]]
"""Unit, a shard or a part file in one -> its bytes and the digest of its rows."""


def corpus(documents: int) -> Rows:
    """The synthetic corpus, the same every time."""
    chosen = np.random.default_rng(SEED)
    shares = chosen.lognormal(0, 1.6, PARTITIONS)
    counts = np.maximum(1, (shares / shares.sum() * documents).astype(int))
    source = chosen.choice(SOURCES, PARTITIONS, p=chosen.dirichlet(np.full(SOURCES, 0.6)))
    family = chosen.choice(3, PARTITIONS, p=(0.6, 0.3, 0.1))
    mixed = chosen.random(PARTITIONS) < 0.1
    owner = np.repeat(np.arange(PARTITIONS), counts)
    of_document = np.where(mixed[owner] & (chosen.random(owner.size) < 0.3), (family[owner] + 1) % 3, family[owner])
    return pl.DataFrame(
        {
            "id": [f"s{source[p]:02}:{p:04}/{n}" for n, p in enumerate(owner)],
            "source": [f"s{source[p]:02}" for p in owner],
            "partition": [f"p{p:04}" for p in owner],
            "family": [FAMILIES[f] for f in of_document],
            "bytes": np.clip(chosen.lognormal(8.6, 1.2, owner.size), 200, 4_000_000).astype(np.int64),
            "version": np.zeros(owner.size, np.int64),
        }
    )


# -- layouts -----------------------------------------------------------------------------------------------------------


def shards_of(rows: Rows) -> dict[str, pl.DataFrame]:
    """Shard -> its placements, by the real plan."""
    placed = rows.group_by("source", "partition", "family").agg(
        pl.col("bytes").sum(), docs=pl.len().cast(pl.Int64), version=pl.lit("")
    )
    return plan.plan(placed, TARGET)


class Trie:
    """The layout of this project. Parts of a shard are cut once for each set of rows."""

    def __init__(self) -> None:
        self._cut: dict[str, list[tuple[int, str]]] = {}

    def layouts(self, rows: Rows) -> tuple[Layout, Layout]:
        """(shards, parts)"""
        families = {key: frame for (key,), frame in rows.partition_by("family", as_dict=True).items()}
        by_place = {
            family: frame.partition_by("source", "partition", as_dict=True, maintain_order=True)
            for family, frame in families.items()
        }
        shards: Layout = {}
        parts: Layout = {}
        for name, leaf in shards_of(rows).items():
            family = name.rpartition("-")[0]
            held = pl.concat([by_place[family][place] for place in leaf.select("source", "partition").iter_rows()])
            key = _digest(held)
            shards[name] = (int(held["bytes"].sum()), key)
            if key not in self._cut:
                self._cut[key] = _parts(held)
            for size, part in self._cut[key]:
                parts[f"{name}/{part}"] = (size, part)
        return shards, parts


def _parts(held: Rows) -> list[tuple[int, str]]:
    ordered = merge.order(held)
    cuts = merge.cut(ordered["id"].to_list(), ordered["bytes"].to_list(), TARGET // merge.PARTS_PER_SHARD)
    frames = (ordered[indices[0] : indices[-1] + 1] for indices in cuts)
    return [(int(frame["bytes"].sum()), _digest(frame)) for frame in frames]


def packing(rows: Rows) -> Layout:
    """Equal sizes, in the order of partition and id."""
    found: Layout = {}
    for (family,), frame in rows.sort("source", "partition", "id").partition_by("family", as_dict=True).items():
        number = (frame["bytes"].cum_sum() - frame["bytes"]) // TARGET
        found |= _numbered(str(family), frame, number)
    return found


def buckets(rows: Rows, numbers: Mapping[str, int]) -> Layout:
    """A fixed number of shards, by hash of the id."""
    found: Layout = {}
    for (family,), frame in rows.partition_by("family", as_dict=True).items():
        hashes = [int.from_bytes(hashlib.sha256(i.encode()).digest()[:8]) % numbers[str(family)] for i in frame["id"]]
        found |= _numbered(str(family), frame, pl.Series(hashes, dtype=pl.Int64))
    return found


def _numbered(family: str, frame: Rows, number: pl.Series) -> Layout:
    grouped = frame.with_columns(number.alias("number")).partition_by("number", as_dict=True, maintain_order=True)
    return {f"{family}-{key}": (int(held["bytes"].sum()), _digest(held)) for (key,), held in grouped.items()}


def _digest(held: Rows) -> str:
    """Of the rows, whatever their order."""
    lines = sorted(f"{i} {version}" for i, version in held.select("id", "version").iter_rows())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


# -- changes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """A corpus before and after, and the partitions that differ."""

    name: str
    before: Rows
    after: Rows
    touched: frozenset[tuple[str, str]]

    def bound(self) -> int:
        """Bytes it may rewrite: see the module."""
        sizes = [
            rows.filter(pl.struct("source", "partition").is_in([{"source": s, "partition": p} for s, p in self.touched]))
            .group_by("source", "partition", "family")
            .agg(pl.col("bytes").sum())
            for rows in (self.before, self.after)
        ]
        largest = pl.concat(sizes).group_by("source", "partition", "family").agg(pl.col("bytes").max())
        return sum(max(TARGET, size) for size in largest["bytes"].to_list())


def changes(rows: Rows) -> Iterator[tuple[str, list[Change]]]:
    """The four kinds of change, each several times."""
    chosen = np.random.default_rng(SEED + 1)
    places = sorted(rows.select("source", "partition").unique().iter_rows())

    def one_partition(place: tuple[str, str]) -> Change:
        source, partition = place
        without = rows.filter((pl.col("source") != source) | (pl.col("partition") != partition))
        return Change("+1 partition of 1,000", without, rows, frozenset({place}))

    yield "+1 partition of 1,000", [one_partition(places[i]) for i in chosen.choice(len(places), 60, replace=False)]

    def takedown(row: int) -> Change:
        gone = rows.row(row, named=True)
        place = frozenset({(gone["source"], gone["partition"])})
        return Change("1 takedown", rows, rows.filter(pl.col("id") != gone["id"]), place)

    yield "1 takedown", [takedown(int(i)) for i in chosen.choice(rows.height, 60, replace=False)]

    def filtered(source: str) -> Change:
        drawn = pl.Series(chosen.random(rows.height) < 0.02) & (rows["source"] == source)
        touched = rows.filter(drawn).select("source", "partition").unique()
        return Change("2 % filter in one source", rows, rows.filter(~drawn), frozenset(touched.iter_rows()))

    every = (filtered(source) for source in sorted(rows["source"].unique()))
    yield "2 % filter in one source", [change for change in every if change.touched]

    def grown() -> Change:
        late = [places[i] for i in chosen.choice(len(places), 100, replace=False)]
        lacking = pl.struct("source", "partition").is_in([{"source": s, "partition": p} for s, p in late])
        return Change("growth by 100 partitions", rows.filter(~lacking), rows, frozenset(late))

    yield "growth by 100 partitions", [grown() for _ in range(8)]


def rewritten(before: Layout, after: Layout) -> int:
    """Bytes of what is there now and was not there with the same rows."""
    return sum(size for unit, (size, key) in after.items() if unit not in before or before[unit][1] != key)


# -- the tables --------------------------------------------------------------------------------------------------------


def print_layout(rows: Rows) -> dict[str, int]:
    """What the layout is like: sizes, skew, sources per shard. Returns the number of shards by family."""
    leaves = shards_of(rows)
    sizes = [int(leaf["bytes"].sum()) for leaf in leaves.values()]
    sources = [leaf["source"].n_unique() for leaf in leaves.values()]
    whole = int(rows["bytes"].sum())
    print(f"{rows.height:,} documents, {whole / 1e9:.2f} GB of text, T = {TARGET / 1e6:.0f} MB, {len(leaves)} shards")
    print(
        f"skew (largest shard / mean) {max(sizes) * len(sizes) / sum(sizes):.2f}, mean {np.mean(sizes) / TARGET:.2f} T, ",
        end="",
    )
    print(f"p5 to p95 {np.percentile(sizes, 5) / TARGET:.2f} to {np.percentile(sizes, 95) / TARGET:.2f} T")
    print(f"sources per shard: mean {np.mean(sources):.1f}, {min(sources)} to {max(sources)}\n")
    return {family: max(1, sum(name.startswith(f"{family}-") for name in leaves)) for family in FAMILIES}


def _line(cells: list[Any]) -> None:
    print(f"{cells[0]:<26}{cells[1]:<10}" + "".join(f"{cell:>11}" for cell in cells[2:]))


def print_changes(rows: Rows, numbers: Mapping[str, int]) -> bool:
    """A table of the four changes under all layouts; whether every change of this project kept its bound."""
    trie, kept = Trie(), True
    whole = int(rows["bytes"].sum())

    def bucketed(state: Rows) -> Layout:
        return buckets(state, numbers)

    _line(["change", "layout", "mean MB", "mean %", "p95 MB", "max MB", "max/bound", "target"])
    for name, listed in changes(rows):
        found: dict[str, list[tuple[int, int]]] = {}
        for change in listed:
            bound = change.bound()
            before, after = trie.layouts(change.before), trie.layouts(change.after)
            for kind, layout in (("shards", 0), ("parts", 1)):
                found.setdefault(kind, []).append((rewritten(before[layout], after[layout]), bound))
            for kind, other in (("packing", packing), ("buckets", bucketed)):
                if len(found.get(kind, ())) < REPEATS:  # they rewrite about the same every time
                    found.setdefault(kind, []).append((rewritten(other(change.before), other(change.after)), bound))
        for kind, costs in found.items():
            kept = _print_costs(name, kind, costs, whole) and kept
    return kept


def _print_costs(name: str, kind: str, costs: list[tuple[int, int]], whole: int) -> bool:
    amounts = [cost for cost, _ in costs]
    over = max(cost / bound for cost, bound in costs)
    figures = [np.mean(amounts) / 1e6, np.percentile(amounts, 95) / 1e6, max(amounts) / 1e6]
    share = f"{100 * np.mean(amounts) / whole:.2f}"
    ours = kind in ("shards", "parts")
    told = _verdict(over) if ours else ""
    _line([name, kind, f"{figures[0]:.2f}", share, f"{figures[1]:.2f}", f"{figures[2]:.2f}", f"{over:.2f}", told])
    return not ours or over <= 1


def _verdict(ratio: float) -> str:
    return "pass" if ratio <= 1 else "FAIL"


def main(documents: int = 60_000) -> int:
    rows = corpus(documents)
    kept = print_changes(rows, print_layout(rows))
    print("\ntarget: each changed partition costs at most max(T, its own bytes) per licence family it holds.")
    print("Left out: compression, the cost of reading, and the manifests (a few kB a shard).")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
