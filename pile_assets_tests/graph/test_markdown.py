"""Lists and pictures stay open on Dagster's pages, and nothing is lost that does not fit."""

from hypothesis import given
from hypothesis import strategies as st

from pile_assets.graph.markdown import INLINE, bars, list_field, size, table, table_fields

ROWS = st.lists(st.tuples(st.text(min_size=1, max_size=60), st.integers(0, 10**9)), max_size=80)


@given(ROWS)
def test_what_is_shown_in_place_is_always_shorter_than_the_cliff(rows):
    fields = table_fields("made_of", ["source partition", "documents"], rows)
    assert all(len(str(value.value)) < INLINE for name, value in fields.items() if not name.endswith("_full"))
    assert all(len(str(value.value)) < INLINE for value in [list_field("why", [r[0] for r in rows]).get("why")] if value)


@given(ROWS)
def test_a_list_that_does_not_fit_stands_whole_beside_and_one_that_fits_stands_once(rows):
    fields = table_fields("made_of", ["source partition", "documents"], rows)
    whole = table(["source partition", "documents"], rows)
    if not rows:
        assert fields == {}
    elif len(whole) < INLINE:
        assert {name: value.value for name, value in fields.items()} == {"made_of": whole}
    else:
        assert fields["made_of_full"].value == whole
        assert "more: see made_of_full" in str(fields["made_of"].value)


def test_the_cliff_itself_is_a_length_that_does_not_fit():
    """A table of 999 characters stays, one of 1,000 goes beside; both are made to measure."""
    empty = len(table(["name"], [[""]]))
    assert list(table_fields("list", ["name"], [["x" * (INLINE - 1 - empty)]])) == ["list"]
    assert list(table_fields("list", ["name"], [["x" * (INLINE - empty)]])) == ["list", "list_full"]


def test_a_cut_list_says_how_many_are_left_out():
    rows = [[f"partition-{number:03}", number] for number in range(200)]
    shown = str(table_fields("made_of", ["partition", "documents"], rows)["made_of"].value)
    rest = int(shown.split("and ")[-1].split(" more")[0])
    assert shown.count("| partition-") + rest == 200
    assert shown.startswith("| partition | documents |\n| --- | --- |\n| partition-000 | 0 |")


def test_text_of_strangers_cannot_break_a_row_or_add_a_column():
    shown = table(["reason"], [["two\nlines | three"]])
    assert shown.splitlines()[2:] == ["| two lines \\| three |"]


def test_bars_are_largest_first_in_proportion_and_add_up_the_rest():
    chart = bars({f"source_{number}": 100 - number for number in range(12)})
    lines = chart.splitlines()[1:-1]
    assert len(lines) == 9
    assert lines[0].endswith("% source_0")
    assert lines[-1].endswith("% 4 others")
    assert len(chart) < INLINE
    assert bars({"alone": 1}).count("█") == 24
    assert bars({}) == bars({"empty": 0}) == ""


def test_sizes_are_read_by_people():
    assert [size(n) for n in (0, 999, 1000, 1_500_000, 2 * 10**9, 3 * 10**12)] == [
        "0 B", "999 B", "1.0 kB", "1.5 MB", "2.0 GB", "3.0 TB",
    ]  # fmt: skip
