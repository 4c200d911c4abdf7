"""Likeness, hashes and verdicts spelled out in the plainest Python, straight from their definitions and as slow as that.

The tests of this folder compare the product with these functions. Nothing of the product is called here, only its
constants are read.
"""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
from datasketch import MinHash

from pile_assets.dedup.resolve import AGREEMENT, MINIMUM_SHINGLES, VERDICTS
from pile_assets.dedup.signatures import PERMUTATIONS, ROWS, SEED, SEPARATORS, SHINGLE, UNSPACED

WORD = 2**64 - 1


def _within(point: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= point <= last for first, last in ranges)


def fold(character: str) -> str:
    """Steps 1 to 3 of the normalisation, for a character that this Python's Unicode tables know."""
    point = ord(character)
    if _within(point, SEPARATORS):
        return " "
    folded = unicodedata.normalize("NFKD", character).lower()
    if _within(point, UNSPACED) or 0x20000 <= point < 0x40000:
        return "".join(f" {part} " for part in folded)
    return folded


def tokens(text: str) -> list[bytes]:
    return [token.encode() for token in "".join(map(fold, text)).split(" ") if token]


def normalised(text: str) -> bytes:
    return b" ".join(tokens(text))


def shingles(text: str) -> list[bytes]:
    """In order and with repeats, tokens joined by a space."""
    words = tokens(text)
    count = max(len(words) - SHINGLE + 1, 1) if words else 0
    return [b" ".join(words[start : start + SHINGLE]) for start in range(count)]


def shingle_hash(shingle: bytes) -> int:
    """The `hashfunc` to give datasketch: 32 bits of a shingle whose tokens are joined by spaces."""
    value = 0
    for token in shingle.split(b" "):
        value = (value * 0x9E3779B97F4A7C15 + _fnv1a64(token)) & WORD
    return _mix64(value) >> 32


def _fnv1a64(token: bytes) -> int:
    value = 0xCBF29CE484222325
    for byte in token:
        value = ((value ^ byte) * 0x100000001B3) & WORD
    return value


def _mix64(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & WORD
    return value ^ (value >> 31)


def signature(text: str) -> bytes:
    """What datasketch says."""
    minhash = MinHash(num_perm=PERMUTATIONS, seed=SEED, scheme="affine32", hashfunc=shingle_hash)
    minhash.update_batch(sorted(set(shingles(text))))
    return bytes(minhash.hashvalues.astype("<u4").tobytes())


def rank(candidate: dict[str, Any]) -> tuple[int, int, int, bytes, str]:
    hashed = hashlib.sha256(candidate["id"].encode()).digest()[:8]
    return candidate["tier"], candidate["seniority"], candidate["quality"], hashed, candidate["id"]


def positions(candidate: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(candidate["signature"], "<u4")


def agreement(left: dict[str, Any], right: dict[str, Any]) -> int:
    return int((positions(left) == positions(right)).sum())


def neighbours(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """The edge: long enough, a whole band in common, and agreement at the threshold."""
    if min(left["shingles"], right["shingles"]) < MINIMUM_SHINGLES:
        return False
    bands = (positions(left) == positions(right)).reshape(-1, ROWS).all(axis=1)
    return bool(bands.any()) and agreement(left, right) >= AGREEMENT


def verdicts(candidates: pl.DataFrame) -> pl.DataFrame:
    """From best to worst, each document against all kept before it; exact duplicates get no treatment of their own."""
    kept: list[dict[str, Any]] = []
    rows: list[tuple[str, str, str | None, int | None]] = []
    for document in sorted(candidates.to_dicts(), key=rank):
        same_text = [better for better in kept if better["norm_hash"] == document["norm_hash"]]
        alike = [better for better in kept if neighbours(better, document)]
        found = min(same_text + alike, key=rank, default=None)
        if found is None:
            kept.append(document)
            rows.append((document["id"], "kept", None, None))
        elif found["norm_hash"] == document["norm_hash"]:
            rows.append((document["id"], "exact_dup", found["id"], None))
        else:
            rows.append((document["id"], "near_dup", found["id"], agreement(found, document)))
    return pl.DataFrame(rows, schema=VERDICTS, orient="row").sort("id")
