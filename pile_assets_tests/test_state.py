"""Primary state: catalogues with tombstones, seniority given once, and records that a bad edit cannot lose."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.errors import PileError
from pile_assets.sources.model import Discovery, Upstream
from pile_assets.state import Entry, Override, State, assign_seniority, merge

KEYS = st.sampled_from(["a", "b", "c", "d"])
VERSIONS = st.sampled_from(["1", "2", "3"])
LISTINGS = st.dictionaries(KEYS, VERSIONS, max_size=4)


def seen(listing: dict[str, str], *, complete: bool = True) -> Discovery:
    return Discovery({key: Upstream(version) for key, version in listing.items()}, complete)


@given(st.lists(LISTINGS, min_size=1, max_size=6))
def test_the_catalogue_mirrors_the_last_listing_and_forgets_no_key(listings) -> None:
    catalogue: dict[str, Entry] = {}
    ever: set[str] = set()
    for listing in listings:
        catalogue, _ = merge(catalogue, seen(listing))
        ever |= listing.keys()
        assert {key: entry.version for key, entry in catalogue.items() if entry.present} == listing
        assert catalogue.keys() == ever


@given(LISTINGS, LISTINGS)
def test_exactly_the_differences_are_reported(before, after) -> None:
    catalogue, _ = merge({}, seen(before))
    _, changes = merge(catalogue, seen(after))
    assert {c.partition for c in changes if c.kind == "new"} == after.keys() - before.keys()
    assert {c.partition for c in changes if c.kind == "withdrawn"} == before.keys() - after.keys()
    assert {c.partition for c in changes if c.kind == "changed"} == {
        k for k in before.keys() & after.keys() if before[k] != after[k]
    }


def test_a_partition_that_returns_with_identical_bytes_is_reported() -> None:
    catalogue, _ = merge({}, seen({"a": "1"}))
    catalogue, _ = merge(catalogue, seen({}))
    assert catalogue["a"].upstream == "withdrawn:1"
    catalogue, changes = merge(catalogue, seen({"a": "1"}))
    assert [(change.kind, change.after) for change in changes] == [("returned", "1")]
    catalogue, changes = merge(catalogue, seen({}))
    assert [(change.kind, change.after) for change in changes] == [("withdrawn", "withdrawn:2")]


def test_an_incomplete_listing_withdraws_nothing() -> None:
    catalogue, _ = merge({}, seen({"a": "1", "b": "1"}))
    catalogue, changes = merge(catalogue, seen({"a": "2"}, complete=False))
    assert catalogue["b"].present
    assert [change.partition for change in changes] == ["a"]


@given(st.lists(st.tuples(st.integers(0, 3), KEYS, KEYS), max_size=12, unique=True), st.randoms(), st.integers(0, 12))
def test_seniority_is_given_once_and_never_moves(partitions, random, split) -> None:
    together = assign_seniority({}, partitions)
    shuffled = partitions[:]
    random.shuffle(shuffled)
    assert assign_seniority({}, shuffled) == together
    first = assign_seniority({}, partitions[:split])
    later = assign_seniority(first, partitions)
    assert all(later[name] == number for name, number in first.items())
    assert sorted(later.values()) == list(range(len(later)))


def test_overrides_are_kept_and_a_rehearsal_keeps_them_to_itself(tmp_path: Path) -> None:
    rehearsal = State(tmp_path, rehearse=True)
    rehearsal.save_override("peps", Override(enabled=True))
    assert rehearsal.overrides()["peps"].enabled is True
    assert State(tmp_path).overrides() == {}
    State(tmp_path).save_override("peps", Override(options={"base_url": "http://127.0.0.1:1"}))
    assert State(tmp_path).overrides()["peps"] == Override(None, {"base_url": "http://127.0.0.1:1"})


def test_damaged_state_says_that_only_a_backup_helps(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "seniority.json").write_text("{")
    with pytest.raises(PileError, match="backup"):
        State(tmp_path).seniority()
