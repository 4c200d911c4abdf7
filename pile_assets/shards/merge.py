"""How the rows of a shard lie in its part files, and the figures its sidecar gives of them.

The order of rows, the cuts between part files and the histograms belong here; choosing the rows and writing files do
not.

Rows of all source partitions are interleaved by a hash of their ids. A part file ends after a document chosen by
content, the one with the least cut hash between half and one and a half times the target size, so that a document that
comes, goes or grows moves the boundaries next to it and no others: the chunk boundaries of content-defined chunking
(Muthitacharoen, Chen, Mazières, "A low-bandwidth network file system", SOSP 2001) on whole documents.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

PARTS_PER_SHARD = 8
"""Part files that a shard of target size has on average; what a consumer fetches for one changed document is one of them."""

PARAMETERS: dict[str, Any] = {
    "order": "sha256(id)[:8], id",
    "cut": "least sha256(id)[8:16] in [target/2, 3 target/2] bytes",
    "parts_per_shard": PARTS_PER_SHARD,
}
"""All that decides the layout of a shard besides its rows and the target; part of the shard's key."""

HISTOGRAMS = ("source", "licence", "language", "media_type")
UNKNOWN = "unknown"
"""The histogram's name for a null, e.g. the language of code."""

Hashes = npt.NDArray[np.uint64]


def order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order they have in the shard: by hash of `id`, ties by `id` itself."""
    hashes, _ = _hashes(rows["id"].to_list())
    return rows.select(pl.all().sort_by(pl.Series(hashes), "id"))


def cut(ids: Sequence[str], sizes: Sequence[int], target_bytes: int) -> list[list[int]]:
    """The positions of the documents of every part file, in order; `sizes` are bytes of text.

    `ids` come in shard order, see `order`; ValueError otherwise, or for a target below 1. A part holds between half and
    one and a half times the target, but the last may hold less; and where a document larger than the target comes after
    less than half of it, their part holds more.
    """
    if target_bytes < 1:
        raise ValueError(f"the target size of a part file is {target_bytes} bytes; it must be at least 1")
    hashes, cut_hashes = _hashes(ids)
    if (hashes[1:] < hashes[:-1]).any():
        raise ValueError("documents to cut into part files are not in shard order; sort them by merge.order first")
    ends = np.cumsum(np.asarray(sizes, np.int64))
    parts = []
    start = 0
    while start < len(ids):
        stop = _next_cut(cut_hashes, ends, start, target_bytes)
        parts.append(list(range(start, stop)))
        start = stop
    return parts


def _next_cut(cut_hashes: Hashes, ends: npt.NDArray[np.int64], start: int, target_bytes: int) -> int:
    """Where the part that begins at `start` stops; `ends[i]` are the bytes up to and with document i."""
    before = int(ends[start - 1]) if start else 0
    if ends[-1] - before <= target_bytes * 3 // 2:
        return ends.size
    first = int(np.searchsorted(ends, before + (target_bytes + 1) // 2))
    beyond = int(np.searchsorted(ends, before + target_bytes * 3 // 2, side="right"))
    if first >= beyond:  # no document ends in the window: the one at `first` leaps over it
        return first + 1
    return first + int(np.argmin(cut_hashes[first:beyond])) + 1


def batches(cuts: Sequence[list[int]], sizes: Sequence[int], limit_bytes: int) -> list[list[list[int]]]:
    """Successive part files, as `cut` gives them, that hold at most so much text together; one that is larger is alone."""
    found: list[list[list[int]]] = []
    held = 0
    for part in cuts:
        size = sum(sizes[position] for position in part)
        if not found or held + size > limit_bytes:
            found.append([])
            held = 0
        found[-1].append(part)
        held += size
    return found


def _hashes(ids: Sequence[str]) -> tuple[Hashes, Hashes]:
    """Order hash and cut hash of every id: independent, since in hash order the least of a window is always its first."""
    digests = b"".join(hashlib.sha256(id_.encode()).digest()[:16] for id_ in ids)
    pairs = np.frombuffer(digests, ">u8").astype(np.uint64).reshape(-1, 2)
    return pairs[:, 0].copy(), pairs[:, 1].copy()


def histograms(rows: pl.DataFrame) -> dict[str, dict[str, dict[str, int]]]:
    """Documents and bytes by each of the `HISTOGRAMS` columns that `rows` has: column -> value -> {"docs", "bytes"}.

    Values in order; a null counts under `UNKNOWN`. `rows` has a `bytes` column.
    """
    return {column: _histogram(rows, column) for column in HISTOGRAMS if column in rows.columns}


def _histogram(rows: pl.DataFrame, column: str) -> dict[str, dict[str, int]]:
    counted = (
        rows.group_by(pl.col(column).fill_null(UNKNOWN))
        .agg(docs=pl.len().cast(pl.Int64), bytes=pl.col("bytes").sum())
        .sort(column)
    )
    return {value: {"docs": docs, "bytes": size} for value, docs, size in counted.iter_rows()}
