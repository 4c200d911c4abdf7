"""The shard plan: every placement in one leaf, and a change felt on its own path only."""

import hashlib

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pile_assets.schemas import LICENCE_FAMILIES
from pile_assets.shards import plan as trie
from pile_assets.shards.plan import PLACEMENTS, plan

TARGET = 2000
LEAF = TARGET // 2
thorough = settings(deadline=None, max_examples=100)


def frame(rows) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=PLACEMENTS, orient="row")


def row(name: int, size: int = 300, family: str = "permissive", docs: int = 3, version: str = "v"):
    return (f"s{name % 3}", f"p{name}", family, size, docs, version)


rows = st.builds(
    row,
    name=st.integers(0, 200),
    size=st.one_of(st.integers(1, 400), st.integers(0, 3 * TARGET)),
    family=st.sampled_from(["permissive", "permissive", "public-domain"]),
    docs=st.sampled_from([0, 1, 1, 1, 5]),
)
many = st.lists(rows, max_size=60, unique_by=lambda placement: placement[:3])


def bits(placement) -> str:
    name = "/".join(placement[:2]).encode()
    return "".join(f"{byte:08b}" for byte in hashlib.sha256(name).digest())


def contents(shards: dict[str, pl.DataFrame]) -> dict[str, list[tuple]]:
    return {key: leaf.rows() for key, leaf in shards.items()}


def split(key: str) -> tuple[str, str]:
    family, _, prefix = key.rpartition("-")
    if prefix.startswith("alone"):
        return family, f"{int(prefix.removeprefix('alone'), 16):064b}"
    return family, "" if prefix == "all" else prefix


@thorough
@given(many)
def test_leaves_are_those_of_the_definition(placements):
    """Shortest prefix of the partition's bits under which the live bytes of those fit that do not stand alone."""
    live = [placement for placement in placements if placement[4] > 0]
    expected: dict[str, list[tuple]] = {}
    for placement in sorted(live):
        if placement[3] > LEAF:
            expected[f"{placement[2]}-alone{int(bits(placement)[:64], 2):016x}"] = [placement]
            continue
        beside = [other for other in live if other[2] == placement[2] and other[3] <= LEAF]
        for length in range(64):
            prefix = bits(placement)[:length]
            under = [other for other in beside if bits(other).startswith(prefix)]
            if sum(other[3] for other in under) <= LEAF:
                expected.setdefault(f"{placement[2]}-{prefix or 'all'}", []).append(placement)
                break
    assert contents(plan(frame(placements), TARGET)) == expected


@thorough
@given(many)
def test_every_live_placement_is_in_exactly_one_shard_of_its_family(placements):
    shards = plan(frame(placements), TARGET)
    placed = [(key, placement) for key, leaf in shards.items() for placement in leaf.iter_rows()]
    assert sorted(placement for _, placement in placed) == sorted(p for p in placements if p[4] > 0)
    assert all(placement[2] == split(key)[0] for key, placement in placed)


@thorough
@given(many)
def test_a_shard_fits_half_the_target_or_holds_one_partition(placements):
    for leaf in plan(frame(placements), TARGET).values():
        assert leaf["bytes"].sum() <= LEAF or leaf.height == 1


@thorough
@given(many, st.randoms(use_true_random=False))
def test_order_of_placements_does_not_matter(placements, random):
    shuffled = list(placements)
    random.shuffle(shuffled)
    first, second = plan(frame(placements), TARGET), plan(frame(shuffled), TARGET)
    assert list(first) == list(second) == sorted(first)
    assert contents(first) == contents(second)


@thorough
@given(many, rows)
def test_one_placement_more_changes_only_leaves_on_its_path(placements, another):
    assume(another[:3] not in [placement[:3] for placement in placements])
    before, after = contents(plan(frame(placements), TARGET)), contents(plan(frame([*placements, another]), TARGET))
    path = bits(another)
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    old = [key for key in changed if key in before]
    assert len(old) <= 1, "at most one leaf of before is touched, whether it grows or is split"
    assert all(split(key)[0] == another[2] for key in changed)
    common = split(old[0])[1] if old else split(min(changed, key=len))[1] if changed else ""
    assert path.startswith(common)
    assert all(split(key)[1].startswith(common) for key in changed)
    moved = sum(placement[3] for key in changed for placement in after.get(key, []))
    assert moved <= max(TARGET, another[3]), "the law: it costs the target, or its own bytes"


@thorough
@given(many, st.data())
def test_one_placement_less_or_of_another_size_costs_the_target_or_its_own_bytes(placements, data):
    assume(placements)
    which = data.draw(st.integers(0, len(placements) - 1))
    size = data.draw(st.one_of(st.none(), st.integers(1, 3 * TARGET)))
    old = placements[which]
    new = [] if size is None else [(*old[:3], size, 2, "w")]
    before = contents(plan(frame(placements), TARGET))
    after = contents(plan(frame([*placements[:which], *new, *placements[which + 1 :]]), TARGET))
    moved = sum(placement[3] for key, leaf in after.items() if before.get(key) != leaf for placement in leaf)
    grows_out = old[4] > 0 and old[3] <= LEAF < (size or 0)
    assert moved <= max(TARGET, size or 0) + (LEAF if grows_out else 0)


@thorough
@given(many)
def test_another_target_or_family_of_others_changes_nothing_of_a_family(placements):
    mine = [placement for placement in placements if placement[2] == "permissive"]
    whole = contents(plan(frame(placements), TARGET))
    assert {key: leaf for key, leaf in whole.items() if split(key)[0] == "permissive"} == contents(plan(frame(mine), TARGET))


def test_a_family_that_fits_is_one_shard():
    shards = plan(frame([row(1), row(2), row(3, family="public-domain")]), TARGET)
    assert {key: leaf.height for key, leaf in shards.items()} == {"permissive-all": 2, "public-domain-all": 1}


def test_a_partition_above_the_target_is_a_shard_of_its_own():
    shards = plan(frame([row(1, size=50_000), row(2, size=10), row(3, size=10)]), TARGET)
    assert [leaf["partition"].to_list() for leaf in shards.values() if "p1" in leaf["partition"]] == [["p1"]]


def test_a_large_partition_stands_alone_also_where_it_is_the_whole_family():
    (key,) = plan(frame([row(1, size=50_000)]), TARGET)
    assert key == f"permissive-alone{int(bits(row(1))[:64], 2):016x}"


def test_placements_without_documents_vanish():
    assert plan(frame([row(1, docs=0, size=0)]), TARGET) == {}
    assert plan(frame([]), TARGET) == {}


def test_documents_without_bytes_do_not_vanish():
    assert list(plan(frame([row(1, docs=2, size=0)]), TARGET)) == ["permissive-all"]


def test_names_that_agree_in_all_bits_share_a_leaf(monkeypatch):
    monkeypatch.setattr(trie, "place", lambda source, partition: 0b1011 << 60)
    (key,) = plan(frame([row(1, size=900), row(2, size=900)]), TARGET)
    assert key == f"permissive-1011{'0' * 60}"
    (key,) = plan(frame([row(1, size=1900), row(2, size=1900)]), TARGET)
    assert key == f"permissive-alone{0b1011 << 60:016x}"


def test_columns_of_the_caller_stay_with_their_rows():
    placements = frame([row(1), row(2)]).with_columns(note=pl.Series(["of p1", "of p2"]))
    assert plan(placements, TARGET)["permissive-all"].select("partition", "note").rows() == [("p1", "of p1"), ("p2", "of p2")]


@pytest.mark.parametrize(
    ("placements", "target", "message"),
    [
        (frame([row(1)]), 0, "at least 1"),
        (frame([row(1), row(1)]), TARGET, "s1/p1 is placed twice in permissive"),
        (frame([row(1, family="copyleft")]), TARGET, "unknown licence families"),
        (frame([row(1)]).with_columns(family=pl.lit(None, pl.String)), TARGET, "unknown licence families"),
        (frame([row(1)]).drop("docs", "bytes"), TARGET, "lack the columns bytes, docs"),
    ],
)
def test_what_cannot_be_planned_is_refused_by_name(placements, target, message):
    with pytest.raises(ValueError, match=message):
        plan(placements, target)


def test_keys_of_every_family_are_plain():
    shards = plan(frame([row(n, size=600 * n, family=family) for family in LICENCE_FAMILIES for n in range(4)]), TARGET)
    assert all(set(key) <= set("abcdefghijklmnopqrstuvwxyz-0123456789") for key in shards)


def test_golden_plan():
    """Fails when output changes: then change `plan.PARAMETERS` and renew the digest."""
    shards = plan(frame([row(n, size=100 + 7 * n) for n in range(40)]), TARGET)
    content = repr([trie.PARAMETERS, contents(shards)]).encode()
    assert hashlib.sha256(content).hexdigest()[:16] == "a1b93ed099c2a0e5"
