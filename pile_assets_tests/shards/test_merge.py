"""Inside a shard: interleaved order, part files cut by content, histograms."""

import hashlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets.shards import merge

TARGET = 1000
thorough = settings(deadline=None, max_examples=150)
sizes = st.one_of(st.integers(0, 300), st.integers(0, 300), st.integers(0, 4 * TARGET))
documents = st.dictionaries(st.integers(0, 10_000).map(lambda n: f"s:{n}"), sizes, max_size=120)


def frame(found: dict[str, int]) -> pl.DataFrame:
    return pl.DataFrame({"id": list(found), "bytes": list(found.values())}, schema={"id": pl.String, "bytes": pl.Int64})


def parts(found: dict[str, int], target: int = TARGET) -> list[list[str]]:
    """The ids of every part file."""
    rows = merge.order(frame(found))
    ids = rows["id"].to_list()
    return [[ids[position] for position in part] for part in merge.cut(ids, rows["bytes"].to_list(), target)]


def sha(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


@thorough
@given(documents)
def test_rows_are_in_order_of_the_hash_of_their_ids(found):
    assert merge.order(frame(found)).rows() == sorted(found.items(), key=lambda item: (sha(item[0])[:8], item[0]))


@thorough
@given(documents, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(found, random):
    items = list(found.items())
    random.shuffle(items)
    assert parts(dict(items)) == parts(found)


@thorough
@given(documents)
def test_parts_follow_each_other_and_leave_nothing_out(found):
    assert [name for part in parts(found) for name in part] == merge.order(frame(found))["id"].to_list()
    assert all(part for part in parts(found))


@thorough
@given(documents)
def test_parts_are_half_to_one_and_a_half_of_the_target_but_the_last_and_those_with_a_larger_document(found):
    for place, part in enumerate(cut := parts(found)):
        size = sum(found[name] for name in part)
        leaps = found[part[-1]] > TARGET and 2 * (size - found[part[-1]]) < TARGET
        assert 2 * size >= TARGET or place == len(cut) - 1
        assert 2 * size <= 3 * TARGET or leaps


@thorough
@given(documents)
def test_cuts_are_those_of_the_definition(found):
    """Walk along; of the documents that end in the window, cut after the one with the least second half of the hash."""
    left = [name for name, _ in sorted(found.items(), key=lambda item: sha(item[0]))]
    expected = []
    while left:
        ends = [sum(found[name] for name in left[: stop + 1]) for stop in range(len(left))]
        window = [stop for stop, end in enumerate(ends) if TARGET <= 2 * end <= 3 * TARGET]
        leap = next((stop for stop, end in enumerate(ends) if 2 * end > 3 * TARGET), None)
        if leap is None:
            expected.append(left)
            break
        stop = min(window, key=lambda end: sha(left[end])[8:16], default=leap)
        expected.append(left[: stop + 1])
        left = left[stop + 1 :]
    assert parts(found) == expected


def changed_files(before: dict[str, int], after: dict[str, int]) -> int:
    old = {tuple(part) for part in parts(before)}
    return sum(tuple(part) not in old for part in parts(after))


def neighbourhood(change) -> list[int]:
    """Part files written anew for each of 100 single changes to a shard of about 60 part files."""
    whole = {f"s:{number}": 20 + number * 37 % 160 for number in range(600)}
    return [changed_files(whole, change(whole, number)) for number in range(100)]


def test_a_new_document_rewrites_one_part_file_and_seldom_more():
    written = neighbourhood(lambda whole, number: whole | {f"new:{number}": 50 + number})
    assert min(written) >= 1
    assert sum(written) <= 140
    assert sorted(written)[94] <= 2


def test_a_document_gone_rewrites_one_part_file_and_seldom_more():
    written = neighbourhood(lambda whole, number: {name: size for name, size in whole.items() if name != f"s:{number * 5}"})
    assert sum(written) <= 140
    assert sorted(written)[94] <= 2


def test_packing_to_a_fixed_size_would_not_pass_as_local(monkeypatch):
    """The planted fault of the two tests above: cut at the target, as files are packed without content."""

    def packed(cut_hashes, ends, start, target):
        before = int(ends[start - 1]) if start else 0
        return max(int((ends <= before + target).sum()), start + 1)

    monkeypatch.setattr(merge, "_next_cut", packed)
    written = neighbourhood(lambda whole, number: whole | {f"new:{number}": 50 + number})
    assert sum(written) > 500


def test_the_order_hash_alone_would_cut_at_the_first_chance(monkeypatch):
    """Why there are two hashes: in hash order the least hash of a window is its first, and every part is half the target."""
    whole = {f"s:{number}": 20 for number in range(1000)}
    average = sum(whole.values()) / len(parts(whole))
    assert 0.8 * TARGET < average < 1.2 * TARGET
    hashes = merge._hashes
    monkeypatch.setattr(merge, "_hashes", lambda ids: (hashes(ids)[0], hashes(ids)[0]))
    assert sum(whole.values()) / len(parts(whole)) < 0.6 * TARGET


def test_interleaving_mixes_sources():
    rows = merge.order(frame({f"{source}:{number}": 1 for source in ("a", "b") for number in range(200)}))
    firsts = [name[0] for name in rows["id"].to_list()[:200]]
    assert 70 < firsts.count("a") < 130


def test_other_columns_stay_with_their_rows():
    rows = merge.order(frame({"a": 1, "b": 2, "c": 3}).with_columns(text=pl.col("id") + "!"))
    assert all(text == f"{name}!" for name, text in rows.select("id", "text").iter_rows())


def test_nothing_makes_no_part_file():
    assert merge.cut([], [], TARGET) == []
    assert merge.order(frame({})).height == 0


def test_documents_out_of_order_are_refused():
    ids = merge.order(frame({"a": 1, "b": 1, "c": 1}))["id"].to_list()
    with pytest.raises(ValueError, match="not in shard order"):
        merge.cut(ids[::-1], [1, 1, 1], TARGET)


def test_a_target_below_one_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        merge.cut([], [], 0)


def test_histograms_count_documents_and_bytes_by_value():
    rows = pl.DataFrame(
        {
            "id": ["1", "2", "3"],
            "source": ["b", "a", "a"],
            "licence": ["MIT", "MIT", "CC0-1.0"],
            "language": ["en", None, "de"],
            "media_type": ["text/plain"] * 3,
            "bytes": [1, 10, 100],
        }
    )
    found = merge.histograms(rows)
    assert found == {
        "source": {"a": {"docs": 2, "bytes": 110}, "b": {"docs": 1, "bytes": 1}},
        "licence": {"CC0-1.0": {"docs": 1, "bytes": 100}, "MIT": {"docs": 2, "bytes": 11}},
        "language": {
            "de": {"docs": 1, "bytes": 100},
            "en": {"docs": 1, "bytes": 1},
            "unknown": {"docs": 1, "bytes": 10},
        },
        "media_type": {"text/plain": {"docs": 3, "bytes": 111}},
    }
    assert list(found["language"]) == sorted(found["language"])


def test_histograms_leave_out_columns_that_rows_lack():
    assert list(merge.histograms(pl.DataFrame({"source": ["a"], "bytes": [1]}))) == ["source"]


def test_golden_layout():
    """Fails when output changes: then change `merge.PARAMETERS` and renew the digest."""
    content = repr([merge.PARAMETERS, parts({f"s:{number}": number * 37 % 400 for number in range(60)})]).encode()
    assert hashlib.sha256(content).hexdigest()[:16] == "ab5d29ab0f2cd3ae"


@thorough
@given(documents, st.integers(1, 6 * TARGET))
def test_batches_are_the_part_files_in_order_and_hold_no_more_than_they_may(found, limit):
    rows = merge.order(frame(found))
    held = rows["bytes"].to_list()
    cuts = merge.cut(rows["id"].to_list(), held, TARGET)
    batches = merge.batches(cuts, held, limit)
    assert [part for batch in batches for part in batch] == cuts
    weights = [sum(held[position] for part in batch for position in part) for batch in batches]
    assert all(weight <= limit or len(batch) == 1 for weight, batch in zip(weights, batches, strict=True))
    firsts = [sum(held[position] for position in batch[0]) for batch in batches]
    assert all(weight + first > limit for weight, first in zip(weights, firsts[1:], strict=False)), "no batch is cut early"
