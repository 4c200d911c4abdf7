"""Which documents are kept: the verdict on every duplicate, a pure function of the set of candidates.

The definition of rank, neighbour and verdict belongs here, and nothing about text (that is `signatures`), partitions,
files or what was decided before.

**Exact duplicates** have the same `norm_hash`; the best-ranked of them stands for all. **Neighbours** are two documents
of at least `MINIMUM_SHINGLES` shingles that share a band key and agree in at least `AGREEMENT` signature positions: a
property of the two documents alone. **Rank** is the order by tier, seniority, quality, hash of the id and id, smaller
first. A document is kept if and only if no better-ranked kept document is its neighbour or exact duplicate, and
`dup_of` is the best-ranked of those: the lexicographically first maximal independent set, which is unique, rather than
connected components, which also remove documents that resemble nothing kept.

Identical text has identical neighbours, so an exact duplicate of a document that is not kept is a near duplicate of the
same canonical, with the same agreement: settling exact duplicates first changes no verdict.
"""

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pile_assets.dedup.signatures import BANDS, PERMUTATIONS, ROWS

AGREEMENT = 79
"""Equal signature positions that make neighbours: the least integer not under 0.7 * 112. The share of equal positions
estimates the Jaccard similarity of the shingle sets (Broder 1997) with a standard error of at most 0.048."""

MINIMUM_SHINGLES = 29
"""Shorter documents take part in exact matching only. In a text of n shingles one replaced word changes 5 of them and
leaves a similarity of (n - 5) / (n + 5), under 0.7 for n below 29: there likeness can only come from matter at an end,
in practice from boilerplate that tiny files share."""

CANDIDATES = {
    "id": pl.String,
    "tier": pl.Int64,
    "seniority": pl.Int64,
    "quality": pl.Int64,
    "norm_hash": pl.Binary,
    "shingles": pl.Int64,
    "signature": pl.Binary,
}
"""Live documents: `tier` 0 is preferred over 1, `seniority` is the number of the source partition, `quality` a coarse
bucket, the rest as in `schemas.SIGNATURES`. No nulls; ids are unique."""

VERDICTS = {
    "id": pl.String,
    "verdict": pl.String,  # kept | exact_dup | near_dup
    "dup_of": pl.String,  # id of the kept document; null where kept
    "agreement": pl.Int64,  # equal signature positions with dup_of; null unless near_dup
}

PARAMETERS: dict[str, Any] = {
    "agreement": AGREEMENT,
    "minimum_shingles": MINIMUM_SHINGLES,
    "bands": BANDS,
    "rows": ROWS,
    "band_key": "splitmix64 over band number and positions",
    "rank": ["tier", "seniority", "quality", "sha256(id)[:8]", "id"],
}
"""All that decides a verdict besides the candidates; part of the step's key."""

Keys = npt.NDArray[np.uint64]
Ranks = npt.NDArray[np.int64]


def resolve(candidates: pl.DataFrame) -> pl.DataFrame:
    """The verdict on every candidate.

    `candidates` has the columns of `CANDIDATES`, in any order of rows; returns `VERDICTS`, sorted by id. Raises
    ValueError for a column that is missing, of another type or with nulls, and for an id that occurs twice.
    """
    ranked = _ranked(_checked(candidates))
    rank = ranked["rank"].to_numpy()
    leader = ranked.select(pl.col("rank").min().over("norm_hash")).to_series().to_numpy()
    signed = ranked.filter(pl.Series(leader == rank), pl.col("shingles") >= MINIMUM_SHINGLES)
    canonical, agreement = rank.copy(), np.zeros_like(rank)
    canonical[signed["rank"]], agreement[signed["rank"]] = _canonicals(signed)
    kept_one = canonical[leader]
    near = kept_one != leader
    return ranked.select(
        "id",
        verdict=pl.Series(np.select([near, kept_one != rank], ["near_dup", "exact_dup"], "kept").tolist(), dtype=pl.String),
        dup_of=pl.when(pl.Series(kept_one != rank)).then(ranked["id"].gather(kept_one)),
        agreement=pl.when(pl.Series(near)).then(pl.Series(agreement[leader])),
    ).sort("id")


def _checked(candidates: pl.DataFrame) -> pl.DataFrame:
    """The columns of `CANDIDATES`, or ValueError."""
    faults = [f"{name} is not {dtype} without nulls" for name, dtype in CANDIDATES.items() if not _sound(candidates, name)]
    if faults:
        raise ValueError(f"not candidates: {'; '.join(faults)}")
    if (candidates["signature"].bin.size() != 4 * PERMUTATIONS).any():
        raise ValueError(f"not candidates: a signature is not {4 * PERMUTATIONS} bytes long")
    twice = candidates["id"].filter(candidates["id"].is_duplicated()).sort()
    if twice.len():
        raise ValueError(f"not candidates: the id {twice[0]} occurs more than once")
    return candidates.select(CANDIDATES.keys())


def _sound(frame: pl.DataFrame, name: str) -> bool:
    """Whether a column is there, of its type and without nulls."""
    return frame.schema.get(name) == CANDIDATES[name] and frame[name].null_count() == 0


def _ranked(candidates: pl.DataFrame) -> pl.DataFrame:
    """The candidates from best to worst with their rank, an Int64 from 0."""
    return (
        candidates.with_columns(hash=pl.Series([rank_hash(id_) for id_ in candidates["id"]], dtype=pl.UInt64))
        .sort("tier", "seniority", "quality", "hash", "id")
        .with_columns(rank=pl.int_range(pl.len()))
    )


def rank_hash(document: str) -> int:
    """The first 8 bytes of the SHA-256 of an id, as a number: spreads the preference evenly over ids of one quality."""
    return int.from_bytes(hashlib.sha256(document.encode()).digest()[:8])


def _canonicals(signed: pl.DataFrame) -> tuple[Ranks, Ranks]:
    """For documents in order of rank: the rank of the kept document each leads to, and their agreement."""
    from pile_assets.dedup import kernel  # on first use, see `kernel`

    signatures = np.frombuffer(bytearray().join(signed["signature"]), "<u4").astype(np.uint32, copy=False)
    signatures = signatures.reshape(signed.height, PERMUTATIONS)
    keys = np.empty((signed.height, BANDS), np.uint64)
    kernel.band_keys(signatures, ROWS, keys)
    canonical, agreement = np.empty(signed.height, np.int32), np.empty(signed.height, np.int32)
    kernel.greedy(signatures, *_buckets(keys), AGREEMENT, canonical, agreement)
    return signed["rank"].to_numpy()[canonical], agreement.astype(np.int64)


def _buckets(keys: Keys) -> tuple[npt.NDArray[np.int32], Ranks]:
    """Numbers for the keys that two documents or more share, -1 for the others; and where each bucket's room begins."""
    buckets = np.full(keys.shape, -1, np.int32)
    sizes = [np.zeros(1, np.int64)]
    count = 0
    for band in range(keys.shape[1]):
        order = np.argsort(keys[:, band])
        run = keys[order, band]
        starts = np.flatnonzero(np.append(True, run[1:] != run[:-1])) if run.size else np.empty(0, np.int64)
        lengths = np.diff(starts, append=run.size)
        shared = lengths > 1
        numbers = np.where(shared, count + np.cumsum(shared) - 1, -1)
        buckets[order, band] = np.repeat(numbers, lengths)
        sizes.append(lengths[shared])
        count += int(shared.sum())
    return buckets, np.cumsum(np.concatenate(sizes))
