"""What a weight makes of the documents of a source: which are drawn, how often, and in which order they are mixed.

Drawing, ordering and adding up belong here, pure functions over Polars frames; recipes (`registry.recipes`), reading shards and
writing anything do not.

A weight of 2.25 is two copies of every document and a third of a quarter of them: of which, a hash of the id alone decides. So
a draw does not depend on what else there is, and a document that is drawn at one weight is drawn at any greater.
"""

import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

TOKEN_BYTES = 4
"""Bytes of UTF-8 text that are taken for one token. Common Pile's 1.84 TB of filtered text are 463.6 G tokens of the Comma
tokenizer (64,000 entries): 3.97 bytes each, with 3.6 (wikis) to 4.2 (papers, patents) by source."""

ESTIMATOR = f"UTF-8 bytes / {TOKEN_BYTES}"
"""How tokens are estimated; said wherever a number of them is."""

PARAMETERS: dict[str, Any] = {
    "draw": "sha256(id)[16:24] < fraction",
    "order": "sha256(id, 0, copy)[:8], id, copy",
    "tokens": ESTIMATOR,
}
"""All that decides a mixture besides the rows and the weights."""

COPY = "copy"
"""Column of a mixed row: which copy of its document it is, from 0."""
ORDER = "order"
"""Column by which mixed rows are sorted, ties by id and copy; evenly spread over all 64-bit numbers."""


def copies(ids: pl.Series, weight: float) -> npt.NDArray[np.int64]:
    """How often each document is there. Raises ValueError for a weight below 0."""
    if weight < 0:
        raise ValueError(f"the weight {weight} is below 0")
    whole = math.floor(weight)
    drawn = _draws(ids) < np.uint64(round((weight - whole) * 2.0**64)) if weight > whole else np.zeros(len(ids), bool)
    return whole + drawn.astype(np.int64)


def _draws(ids: pl.Series) -> npt.NDArray[np.uint64]:
    """Bytes 16 to 24 of the hash of each id; those before them order and cut shards, and would draw rows that lie together."""
    return np.frombuffer(b"".join(hashlib.sha256(i.encode()).digest()[16:24] for i in ids), ">u8").astype(np.uint64)


def mix(rows: pl.DataFrame, weights: Mapping[str, float]) -> pl.DataFrame:
    """The rows a recipe makes of these, with `COPY` and `ORDER`, in order. `rows` have id and source; ids are unique.

    Raises KeyError for a source without a weight.
    """
    chosen = []
    for (source,), of_source in rows.partition_by("source", as_dict=True, maintain_order=True).items():
        counts = copies(of_source["id"], weights[str(source)])
        copy = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        picked = of_source[np.repeat(np.arange(of_source.height), counts)]
        chosen.append(picked.with_columns(pl.Series(COPY, copy, dtype=pl.Int64)))
    if not chosen:
        return rows.clear().with_columns(pl.lit(0, pl.Int64).alias(COPY), pl.lit(0, pl.UInt64).alias(ORDER))
    mixed = pl.concat(chosen)
    orders = [_order(i, copy) for i, copy in mixed.select("id", COPY).iter_rows()]
    return in_order(mixed.with_columns(pl.Series(ORDER, orders, dtype=pl.UInt64)))


def _order(identifier: str, copy: int) -> int:
    """Copies of a document lie apart like any other two rows."""
    return int.from_bytes(hashlib.sha256(f"{identifier}\0{copy}".encode()).digest()[:8])


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Mixed rows as they follow one another."""
    return rows.sort(ORDER, "id", COPY)


def ranges(parts: int) -> list[tuple[int, int]]:
    """The half-open ranges of `ORDER` that make so many parts of about the same size."""
    edges = [(1 << 64) * part // parts for part in range(parts + 1)]
    return list(itertools.pairwise(edges))


# -- effective amounts -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Effective:
    """What a recipe makes of one source: its weight, documents that are there at least once, rows, bytes of text, tokens."""

    weight: float
    docs: int
    rows: int
    bytes: int

    @property
    def tokens(self) -> int:
        """By `ESTIMATOR`."""
        return self.bytes // TOKEN_BYTES

    def __add__(self, other: "Effective") -> "Effective":
        return Effective(self.weight, self.docs + other.docs, self.rows + other.rows, self.bytes + other.bytes)

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {"weight": self.weight, "docs": self.docs, "rows": self.rows, "bytes": self.bytes, "tokens": self.tokens}

    @property
    def stored(self) -> list[float]:
        """The figures from which this value is made again, as JSON has them."""
        return [self.weight, self.docs, self.rows, self.bytes]


def effective(rows: pl.DataFrame, weights: Mapping[str, float]) -> dict[str, Effective]:
    """Source -> what is drawn of these rows, which have id, source and bytes; sources in order."""
    amounts = {}
    for (source,), of_source in sorted(rows.partition_by("source", as_dict=True).items()):
        weight = weights[str(source)]
        counts = copies(of_source["id"], weight)
        size = int((of_source["bytes"].to_numpy() * counts).sum())
        amounts[str(source)] = Effective(weight, int((counts > 0).sum()), int(counts.sum()), size)
    return amounts


def add(parts: Iterable[Mapping[str, Effective]]) -> dict[str, Effective]:
    """The sum over parts of a corpus, by source in order."""
    total: dict[str, Effective] = {}
    for part in parts:
        for source, amount in part.items():
            total[source] = total[source] + amount if source in total else amount
    return dict(sorted(total.items()))


def told(amounts: Mapping[str, Effective]) -> dict[str, Any]:
    """What a manifest says of a recipe: the amounts by source, what they come to, and how tokens are estimated."""
    size = sum(amount.bytes for amount in amounts.values())
    return {
        "sources": {source: amount.as_dict() for source, amount in amounts.items()},
        "totals": {"rows": sum(amount.rows for amount in amounts.values()), "bytes": size, "tokens": size // TOKEN_BYTES},
        "tokens": ESTIMATOR,
    }
