"""Which source partitions make which shard: the leaves of a trie over hashed partition names.

The placing of partitions belongs here, a pure function of what is live; domains (the caller plans one at a time), rows
and files do not.

The name of a partition is "<source>/<partition>", and its place in the trie the bits of the SHA-256 of that name, most
significant first. A partition of more than half the target T stands alone, under the whole of its place, since whoever came
near it would have it written again. The others are in the leaves of the trie: the shortest prefix whose live bytes are at most
half of T. Hence every partition is in exactly one shard of a family; no number of shards is fixed in advance; and what
arrives, grows, shrinks or leaves changes only leaves on its own path, in which at most half of T was.

So a partition that arrives, leaves or changes costs at most max(T, its own bytes) in each family: a small one is written with
at most half of T beside it, also where its leaf splits, and a large one by itself. The one exception is a partition that grows
beyond half of T: it is written, and so is the leaf it was in, half of T at most. With leaves of T bytes, a leaf that splits
would cost T and the partition's own bytes.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from pile_assets.schemas import LICENCE_FAMILIES

MAXIMUM_DEPTH = 64
"""Bits of the hash that are used. Two names that agree in all of them share a leaf, whatever its size."""

ROOT = "all"
"""What stands for the empty prefix in the key of a shard that is a whole family."""

ALONE = "alone"
"""What precedes the place of a partition that has a shard of its own."""

PLACEMENTS = {
    "source": pl.String,
    "partition": pl.String,
    "family": pl.String,  # one of schemas.LICENCE_FAMILIES
    "bytes": pl.Int64,  # of the text of its live documents
    "docs": pl.Int64,  # live documents
    "version": pl.String,  # digest of them
}
"""The live part of a source partition in one licence family; one row for each (source, partition, family)."""

PARAMETERS: dict[str, Any] = {
    "place": "sha256(source/partition), leading bits",
    "maximum_depth": MAXIMUM_DEPTH,
    "leaf": "shortest prefix with bytes <= target / 2",
    "alone": "bytes > target / 2",
}
"""All that decides a plan besides the placements and the target; part of the plan's key."""


def plan(placements: pl.DataFrame, target_bytes: int) -> dict[str, pl.DataFrame]:
    """Shard key -> its placements, keys in order and placements in order of source and partition.

    `placements` has at least the columns of `PLACEMENTS`, in any order of rows; those without documents vanish. A key is
    the family and the prefix, "permissive-0110", or "permissive-all" where the whole family fits, or for a partition that
    stands alone its whole place, "permissive-alone00f3a2c4d5e6b7a8". Raises ValueError for a target below 1, an unknown family,
    or a placement given twice.
    """
    if target_bytes < 1:
        raise ValueError(f"the target size of a shard is {target_bytes} bytes; it must be at least 1")
    _check(placements)
    live = placements.filter(pl.col("docs") > 0).sort("source", "partition")
    shards = {}
    for (family,), rows in live.partition_by("family", as_dict=True).items():
        for prefix, leaf in _leaves(rows, target_bytes):
            shards[f"{family}-{prefix or ROOT}"] = leaf
    return dict(sorted(shards.items()))


def _check(placements: pl.DataFrame) -> None:
    missing = PLACEMENTS.keys() - set(placements.columns)
    if missing:
        raise ValueError(f"placements lack the columns {', '.join(sorted(missing))}")
    unknown = set(placements["family"].unique()) - set(LICENCE_FAMILIES)
    if unknown:
        raise ValueError(f"placements of unknown licence families {sorted(unknown, key=str)}; known are {LICENCE_FAMILIES}")
    twice = placements.filter(placements.select("source", "partition", "family").is_duplicated())
    if twice.height:
        raise ValueError(f"{twice['source'][0]}/{twice['partition'][0]} is placed twice in {twice['family'][0]}")


def place(source: str, partition: str) -> int:
    """The bits that decide a partition's path, most significant first, as an integer of `MAXIMUM_DEPTH` bits."""
    digest = hashlib.sha256(f"{source}/{partition}".encode()).digest()
    return int.from_bytes(digest) >> (256 - MAXIMUM_DEPTH)


def _leaves(rows: pl.DataFrame, target_bytes: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Prefix and rows of every leaf of one family's trie, and of every partition that stands alone."""
    leaf_bytes = target_bytes // 2
    alone = rows.filter(pl.col("bytes") > leaf_bytes)
    for (where,), standing in alone.with_columns(place=_places(alone)).partition_by("place", as_dict=True).items():
        yield f"{ALONE}{where:016x}", standing.drop("place")
    yield from _trie(rows.filter(pl.col("bytes") <= leaf_bytes), leaf_bytes)


def _places(rows: pl.DataFrame) -> pl.Series:
    return pl.Series([place(*name) for name in rows.select("source", "partition").iter_rows()], dtype=pl.UInt64)


def _trie(rows: pl.DataFrame, leaf_bytes: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Prefix and rows of every leaf of a trie, in order of prefix."""
    places = _places(rows).to_numpy()
    order = np.argsort(places, kind="stable")  # stable: names that share all bits keep the order of their names
    places = places[order]
    sizes = np.concatenate([[0], np.cumsum(rows["bytes"].to_numpy()[order])])
    open_nodes = [("", 0, len(order))]  # a node is its prefix and the range of `places` under it
    while open_nodes:
        prefix, start, stop = open_nodes.pop()
        if start == stop:
            continue
        if sizes[stop] - sizes[start] <= leaf_bytes or len(prefix) == MAXIMUM_DEPTH:
            yield prefix, rows[np.sort(order[start:stop])]
            continue
        first_of_one = int(f"{prefix}1".ljust(MAXIMUM_DEPTH, "0"), 2)
        middle = int(np.searchsorted(places, np.uint64(first_of_one)))
        open_nodes += [(f"{prefix}1", middle, stop), (f"{prefix}0", start, middle)]
