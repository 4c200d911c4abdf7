"""The engine that follows a corpus: the same verdicts as from nothing."""

import numpy as np
import polars as pl
import pytest

from pile_assets.dedup import resolve as resolve_module
from pile_assets.dedup import table
from pile_assets.dedup.engine import OFFERED, Engine, IdTwice, Member
from pile_assets.dedup.resolve import resolve
from pile_assets_tests.dedup.corpora import Sketch, corpus, seeded


def offered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(OFFERED.keys())


def test_verdicts_of_all_members_are_those_of_the_definition(tmp_path):
    candidates = seeded(1, 60)
    parts = {f"m{n}": part for (n,), part in candidates.partition_by("seniority", as_dict=True).items()}
    members = {name: Member(name, "1", 0, int(part["seniority"][0])) for name, part in parts.items()}
    engine = Engine(tmp_path)
    update = engine.bring_up_to(members, lambda name: offered(parts[name]))
    expected = resolve(candidates.with_columns(tier=pl.lit(0, pl.Int64)))
    assert update.changed == tuple(sorted(members))
    assert pl.concat([engine.verdicts(name) for name in members]).sort("id").equals(expected)


def test_an_id_in_two_members_is_refused(tmp_path):
    part = offered(seeded(1, 3))
    with pytest.raises(IdTwice, match=r"s:0 occurs more than once \(a, b\)"):
        Engine(tmp_path).bring_up_to({n: Member(n, "1", 0, 0) for n in "ab"}, lambda name: part)


def test_an_id_is_refused_also_where_one_of_the_two_only_claims_it(tmp_path):
    part = offered(seeded(1, 3))
    claims = part.with_columns(live=pl.lit(False))
    engine = Engine(tmp_path)
    engine.bring_up_to({"a": Member("a", "1", 0, 0)}, lambda name: part)
    with pytest.raises(IdTwice):
        engine.bring_up_to({n: Member(n, "1", 0, 0) for n in "ab"}, lambda name: claims)
    assert engine.verdicts("a").height == 3, "nothing has changed"


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda frame: frame.drop("quality"), "quality is not Int64 without nulls"),
        (lambda frame: frame.with_columns(signature=pl.lit(b"short")), "a signature is not 448 bytes long"),
        (lambda frame: frame.with_columns(quality=pl.lit(128, pl.Int64)), "a quality is not from 0 to 127"),
        (lambda frame: frame.with_columns(live=pl.lit(None, pl.Boolean)), "live is not Boolean without nulls"),
    ],
)
def test_what_is_no_document_is_refused(tmp_path, spoil, cause):
    part = spoil(offered(seeded(1, 3)))
    with pytest.raises(ValueError, match=cause):
        Engine(tmp_path).bring_up_to({"a": Member("a", "1", 0, 0)}, lambda name: part)


def test_ids_whose_hashes_are_equal_rank_by_the_id_itself(tmp_path, monkeypatch):
    """Sixty-four bits of SHA-256 do not meet by chance: here they are made to."""
    for module in (resolve_module, table):
        monkeypatch.setattr(module, "rank_hash", lambda document: 7)
    candidates = seeded(2, 40).with_columns(tier=pl.lit(0, pl.Int64), seniority=pl.lit(0, pl.Int64))
    parts = {"late": offered(candidates[:20]), "early": offered(candidates[20:])}
    engine = Engine(tmp_path)
    for names in (["early"], ["early", "late"]):
        engine.bring_up_to({name: Member(name, "1", 0, 0) for name in names}, parts.__getitem__)
    verdicts = pl.concat([engine.verdicts(name) for name in parts]).sort("id")
    assert verdicts.equals(resolve(candidates))


def test_in_whatever_order_they_stand_each_document_that_comes_or_goes_is_decided_once(tmp_path):
    """Each of the last forty resembles the one before it: what is decided on one bears on the next in rank."""
    strangers = [Sketch(None, 0, 0)] * 101
    everyone = offered(corpus([*strangers, *(Sketch(100 + i, 26 * i % 112, 26) for i in range(40))]))
    parts = {"old": everyone[:100], "late": everyone[100:]}
    engine = Engine(tmp_path)
    engine.bring_up_to({"old": Member("old", "1", 0, 0)}, parts.__getitem__)
    both = {name: Member(name, "1", 0, place) for place, name in enumerate(parts)}
    came = engine.bring_up_to(both, parts.__getitem__)
    assert (came.rebuilt, came.added, came.evaluated) == (None, 41, 41)
    assert 5 < (engine.verdicts("late")["verdict"] == "kept").sum() < 36
    went = engine.bring_up_to({"old": both["old"]}, parts.__getitem__)
    assert (went.rebuilt, went.removed, went.evaluated) == (None, 41, 41)


def test_whoever_comes_last_finds_the_best_of_those_that_came_before_whatever_order_they_came_in(tmp_path):
    """Runs of like size are merged; a bucket of the merged run must stand in order of rank again, not of arrival."""
    rows = offered(corpus([Sketch(None, 0, 0)] * 130))
    same = rows[0].drop("id")
    parts = {
        "worst": rows[:100],
        "best": pl.concat([rows[100:], same.with_columns(id=pl.lit("s:best")).select(rows.columns)]),
        "middle": same.with_columns(id=pl.lit("s:middle")).select(rows.columns),
    }
    members = {name: Member(name, "1", tier, 0) for name, tier in (("worst", 2), ("best", 0), ("middle", 1))}
    engine = Engine(tmp_path)
    for count in (1, 2, 3):
        update = engine.bring_up_to({name: members[name] for name in list(parts)[:count]}, parts.__getitem__)
        assert (update.rebuilt is None) == (count > 1)
    assert engine.verdicts("middle").row(0, named=True)["dup_of"] == "s:best"
    assert engine.verdicts("worst").filter(pl.col("verdict") != "kept")["dup_of"].to_list() == ["s:best"]


@pytest.mark.parametrize("seed", range(12))
def test_in_a_crowd_that_shares_its_keys_whoever_comes_or_goes_the_verdicts_are_those_of_the_definition(tmp_path, seed):
    """Ninety documents like one other, more or less: what a change has once passed in a bucket it may pass for good."""
    draw = np.random.default_rng(seed)
    crowd = [Sketch(None, 0, 0)] + [
        Sketch(0, int(draw.integers(0, 112)), int(draw.integers(0, 33)), quality=int(draw.integers(0, 3))) for _ in range(89)
    ]
    everyone = corpus([*crowd, *[Sketch(None, 0, 0)] * 60])
    here = set(everyone["id"])
    engine = Engine(tmp_path)
    for step in range(9):
        candidates = everyone.filter(pl.col("id").is_in(sorted(here)))
        update = engine.bring_up_to({"all": Member("all", str(step), 0, 0)}, lambda name: offered(candidates))  # noqa: B023
        assert step == 0 or update.rebuilt is None
        assert engine.verdicts("all").equals(resolve(candidates))
        kept = candidates.select("id").filter(engine.verdicts("all")["verdict"] == "kept")["id"]
        leaving = {kept[int(draw.integers(0, kept.len()))], *draw.choice(sorted(here), int(draw.integers(0, 20)))}
        here = (here | set(draw.choice(everyone["id"].to_list(), 15))) - leaving
