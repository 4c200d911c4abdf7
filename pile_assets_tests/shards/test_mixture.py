"""What a weight draws: whole copies, a fraction by hash, more of the same for a greater weight, and nothing of it by chance."""

import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.shards import mixture

IDS = pl.Series("id", [f"fables:{i}" for i in range(4_000)])
weights = st.floats(0, 8, allow_nan=False)


def rows_of(ids: list[str], source: str = "fables") -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "source": [source] * len(ids), "bytes": [len(i) for i in ids]})


@given(weights)
def test_as_many_copies_as_the_weight_says(weight) -> None:
    counts = mixture.copies(IDS, weight)
    assert set(counts.tolist()) <= {int(weight), int(weight) + 1}
    assert abs(counts.mean() - weight) < 0.04


@given(weights, weights)
def test_what_is_drawn_at_one_weight_is_drawn_at_any_greater(one, other) -> None:
    low, high = sorted((one, other))
    assert (mixture.copies(IDS, low) <= mixture.copies(IDS, high)).all()


@given(st.lists(st.text(), unique=True, max_size=30), weights)
def test_what_is_drawn_does_not_depend_on_what_else_there_is(ids, weight) -> None:
    together = mixture.copies(pl.Series(ids, dtype=pl.String), weight).tolist()
    assert together == [mixture.copies(pl.Series([i], dtype=pl.String), weight)[0] for i in ids]


def test_the_draw_does_not_follow_the_order_of_shards() -> None:
    """Else a part file would be drawn whole or not at all."""
    from pile_assets.shards import merge

    rows = merge.order(rows_of(IDS.to_list()))
    drawn = mixture.copies(rows["id"], 0.25)
    assert all(60 < drawn[start : start + 400].sum() < 140 for start in range(0, 4_000, 400))


def test_a_weight_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below 0"):
        mixture.copies(IDS, -0.5)


@given(st.lists(st.text(), unique=True, min_size=1, max_size=30), weights, st.randoms())
def test_mixing_depends_on_no_order_and_adds_up_to_what_is_said(ids, weight, random) -> None:
    shuffled = ids[:]
    random.shuffle(shuffled)
    mixed = mixture.mix(rows_of(ids), {"fables": weight})
    assert mixed.equals(mixture.mix(rows_of(shuffled), {"fables": weight}))
    amount = mixture.effective(rows_of(ids), {"fables": weight})["fables"]
    assert (amount.rows, amount.bytes) == (mixed.height, mixed["bytes"].sum())
    assert amount.docs == mixed["id"].n_unique()
    assert mixed.select("id", mixture.COPY).is_unique().all()


def test_copies_of_a_document_and_sources_lie_apart() -> None:
    rows = pl.concat([rows_of([f"a:{i}" for i in range(500)], "a"), rows_of([f"b:{i}" for i in range(500)], "b")])
    mixed = mixture.mix(rows, {"a": 2, "b": 1})
    places: dict[str, list[int]] = {}
    for at, identifier in enumerate(mixed["id"].to_list()):
        places.setdefault(identifier, []).append(at)
    assert sum(max(ats) - min(ats) for name, ats in places.items() if name.startswith("a")) / 500 > 300
    assert all(50 < mixed["source"].to_list()[start : start + 100].count("a") < 85 for start in range(0, 1_500, 100))


@given(st.integers(1, 1_000))
def test_ranges_cover_every_order_once(parts) -> None:
    found = mixture.ranges(parts)
    assert (found[0][0], found[-1][1], len(found)) == (0, 1 << 64, parts)
    assert all(one[1] == other[0] for one, other in itertools.pairwise(found))


def test_a_source_without_a_weight_is_no_zero() -> None:
    with pytest.raises(KeyError):
        mixture.mix(rows_of(["x"]), {})


def test_amounts_add_up_over_parts() -> None:
    whole, halves = rows_of(IDS.to_list()), [rows_of(IDS[:1_500].to_list()), rows_of(IDS[1_500:].to_list())]
    parts = [mixture.effective(half, {"fables": 0.3}) for half in halves]
    assert mixture.add(parts) == mixture.effective(whole, {"fables": 0.3})
    assert mixture.add(parts)["fables"].tokens == mixture.add(parts)["fables"].bytes // 4
