"""Duplicates that follow a changing corpus: the state machines of `following`, and every point at which a process can die.

The invariants: the same as a rebuild (I1), whatever the order of arrival (I2), put and drop, take down and take back as if
nothing had been (I3, I4), no write without a change (I5), the definition with its independence and domination (I6, I7),
runs and merges invisible (I10), recovery from every crash (I11).
"""

import os

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, settings

from pile_assets.dedup.engine import OFFERED, Engine, Member
from pile_assets_tests.dedup.corpora import seeded
from pile_assets_tests.dedup.crashes import Crash, crash_at
from pile_assets_tests.dedup.following import Following, FollowingTexts, published

EXAMPLES = int(os.environ.get("PILE_FOLLOWING_EXAMPLES", "20"))

thorough = settings(
    deadline=None,
    max_examples=EXAMPLES,
    stateful_step_count=20,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking a machine takes minutes; the blob repeats the failure
    print_blob=True,
)

TestFollowing = Following.TestCase
TestFollowing.settings = thorough
TestFollowingTexts = FollowingTexts.TestCase
TestFollowingTexts.settings = settings(thorough, max_examples=max(1, EXAMPLES // 2))


# -- every point at which a process can die ------------------------------------------------------------------------


def members(parts: dict[str, pl.DataFrame], version: str) -> dict[str, Member]:
    return {name: Member(name, f"{name}{version}", 0, number) for number, name in enumerate(sorted(parts))}


def split(candidates: pl.DataFrame, names: str) -> dict[str, pl.DataFrame]:
    offered = candidates.select(OFFERED.keys()).with_row_index("row")
    return {name: offered.filter(pl.col("row") % len(names) == i).drop("row") for i, name in enumerate(names)}


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("anew", [False, True], ids=["a change", "from nothing"])
def test_whichever_write_is_the_last_the_next_process_ends_at_the_same_verdicts(tmp_path, anew, torn):
    first, second = split(seeded(3, 40), "abc"), split(seeded(4, 60).filter(pl.col("id") > "s:3"), "abcd")
    expected = Engine(tmp_path / "expected")
    expected.bring_up_to(members(second, "2"), second.__getitem__)
    last, points = 0, set()
    while True:
        folder = tmp_path / f"{last}"
        if not anew:
            Engine(folder).bring_up_to(members(first, "1"), first.__getitem__)
        try:
            with crash_at(last, torn=torn):
                Engine(folder).bring_up_to(members(second, "2"), second.__getitem__)
            break
        except Crash as crash:
            points.add(str(crash))
        engine = Engine(folder)
        engine.bring_up_to(members(second, "2"), second.__getitem__)
        assert published(engine, list(second)) == published(expected, list(second))
        assert len(list(folder.iterdir())) == 12, "what the dead process left has been removed"
        last += 1
    assert points >= {"append", "extend", "write_new", "write_atomically"}
    assert last > 20
