"""The engine that follows a corpus: the same verdicts as from nothing."""

import polars as pl
import pytest

from pile_assets.dedup.engine import OFFERED, Engine, IdTwice, Member
from pile_assets.dedup.resolve import resolve
from pile_assets_tests.dedup.corpora import seeded


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
