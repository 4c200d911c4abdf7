"""The pictures of duplicates say what was counted, and the one on the page stays below Dagster's limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.graph.markdown import INLINE
from pile_assets.graph.pictures import heat, histogram, picture_fields

clusters = st.dictionaries(st.integers(2, 10_000_000), st.integers(1, 10_000_000), max_size=200)
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=60)
matrices = st.dictionaries(st.tuples(names, names), st.integers(1, 10_000_000), max_size=200)


@given(clusters)
def test_a_histogram_that_fits_counts_every_cluster(counts) -> None:
    fits, whole = histogram(counts)
    assert len(fits) < INLINE
    for picture in (fits, whole):
        told = [int(line.rsplit(" ", 1)[1].replace(",", "")) for line in picture.split("\n")[2:-1]]
        assert sum(told) == sum(counts.values())


@given(matrices)
def test_a_matrix_that_fits_stays_open_and_the_whole_one_has_every_source(counts) -> None:
    fits, whole = heat(counts)
    assert len(fits) < INLINE
    assert all(name in whole for pair in counts for name in pair)


def test_cells_are_where_their_sources_meet_and_darker_for_more() -> None:
    _, whole = heat({("copies", "books"): 1_000, ("books", "copies"): 1, ("books", "books"): 40})
    rows = whole.split("\n")
    assert rows[2] == " 1 books  ▒▒ ░░"
    assert rows[3] == " 2 copies ██"
    assert "darkest: 1,000 documents" in rows[4]


def test_the_bars_are_as_long_as_the_counts() -> None:
    fits, _ = histogram({2: 24, 3: 6, 4: 6, 100: 1})
    assert [line.count("█") for line in fits.split("\n")[2:-1]] == [24, 12, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("counts", [{}])
def test_without_duplicates_there_is_no_picture(counts) -> None:
    assert picture_fields("cluster_sizes", *histogram(counts)) == {}
    assert picture_fields("duplicate_matrix", *heat(counts)) == {}


def test_a_picture_that_does_not_fit_has_its_whole_form_beside_it() -> None:
    many = {(f"source_{i:03}", f"source_{i:03}"): i + 1 for i in range(40)}
    assert set(picture_fields("duplicate_matrix", *heat(many))) == {"duplicate_matrix", "duplicate_matrix_full"}
    assert set(picture_fields("duplicate_matrix", *heat({("a", "b"): 1}))) == {"duplicate_matrix"}
