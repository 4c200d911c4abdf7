"""Made-up corpora for the tests of `resolve`: signatures in which likeness is not transitive, and small texts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import xxhash
from hypothesis import strategies as st

from pile_assets.dedup import signatures
from pile_assets.dedup.resolve import CANDIDATES
from pile_assets.dedup.signatures import PERMUTATIONS, ROWS


@dataclass(frozen=True)
class Sketch:
    """One document, as a change to the signature of an earlier one.

    `changed` positions differ from those of document `parent` (counted from the front, modulo those there are; none for
    the first), from position `start` on: a run of positions leaves whole bands equal, so that bands and agreement vary
    apart. Chains of small changes make likeness that is not transitive.
    """

    parent: int | None
    start: int
    changed: int
    tier: int = 0
    seniority: int = 0
    quality: int = 0
    shingles: int = 100


def signature(rows: Sequence[np.ndarray], sketch: Sketch, number: int) -> np.ndarray:
    fresh = np.random.default_rng(number).integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
    if sketch.parent is None or not rows:
        return fresh
    row = rows[sketch.parent % len(rows)].copy()
    places = (sketch.start + np.arange(sketch.changed)) % PERMUTATIONS
    row[places] = fresh[places]
    return row


def corpus(sketches: Sequence[Sketch]) -> pl.DataFrame:
    """Candidates; equal signature and shingles stand for equal text."""
    rows: list[np.ndarray] = []
    for number, sketch in enumerate(sketches):
        rows.append(signature(rows, sketch, number))
    return pl.DataFrame(
        [
            (
                f"s:{number}",
                sketch.tier,
                sketch.seniority,
                sketch.quality,
                xxhash.xxh3_128_digest(row.tobytes() + bytes([sketch.shingles])),
                sketch.shingles,
                row.astype("<u4").tobytes(),
            )
            for number, (sketch, row) in enumerate(zip(sketches, rows, strict=True))
        ],
        schema=CANDIDATES,
        orient="row",
    )


small = st.integers(0, 2)
sketches = st.builds(
    Sketch,
    parent=st.one_of(st.none(), st.integers(0, 30)),
    start=st.integers(0, PERMUTATIONS - 1),
    changed=st.sampled_from([0, 0, 1, ROWS, 15, 20, 25, 30, 32, 33, 34, 40, 60, 104, 111]),
    tier=small,
    seniority=small,
    quality=small,
    shingles=st.sampled_from([100, 100, 100, 100, 29, 28, 3]),
)
corpora = st.lists(sketches, max_size=25).map(corpus)


def seeded(seed: int, documents: int = 30) -> pl.DataFrame:
    """The same kind of corpus from a seed, dense in near duplicates: for tests that need many without shrinking."""
    draw = np.random.default_rng(seed)
    return corpus(
        [
            Sketch(
                parent=None if draw.random() < 0.15 else int(draw.integers(0, 1000)),
                start=int(draw.integers(0, PERMUTATIONS)),
                changed=int(draw.choice([0, 1, 10, 18, 26, 32, 33, 34, 36, 60])),
                tier=int(draw.integers(0, 2)),
                seniority=int(draw.integers(0, 3)),
                shingles=int(draw.choice([100, 100, 100, 29, 28])),
            )
            for _ in range(documents)
        ]
    )


def of_texts(texts: Sequence[str], ranks: Sequence[int]) -> pl.DataFrame:
    """Candidates that really were signed."""
    ids = [f"t:{number}" for number in range(len(texts))]
    documents = pl.DataFrame(
        {"id": ids, "media_type": ["text/plain"] * len(ids), "text": texts},
        schema={"id": pl.String, "media_type": pl.String, "text": pl.String},
    )
    zero = pl.lit(0, pl.Int64)
    ranked = signatures.sign(documents).with_columns(tier=zero, seniority=pl.Series(ranks, dtype=pl.Int64), quality=zero)
    return ranked.select(CANDIDATES.keys())


def text(seed: int, edits: int, words: int = 120) -> str:
    """`words` words that depend on the seed, of which `edits` were replaced."""
    draw = np.random.default_rng(seed)
    chosen = draw.integers(0, 400, words)
    again = np.random.default_rng([seed, edits])
    chosen[again.integers(0, words, edits)] = again.integers(400, 800, edits)
    return " ".join(f"w{word}" for word in chosen)


texts = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.sampled_from([120, 120, 40, 20]), small), max_size=15).map(
    lambda rows: of_texts([text(seed, edits, words) for seed, edits, words, _ in rows], [row[3] for row in rows])
)
