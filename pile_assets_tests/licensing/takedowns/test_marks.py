"""What is remembered knows a document again, and finds the neighbours that the duplicates step would find."""

import numpy as np
import polars as pl
import pytest

from pile_assets.dedup import signatures
from pile_assets.dedup.resolve import resolve
from pile_assets.licensing.takedowns import marks
from pile_assets_tests.deployments import prose, with_changed_word

KEY, OTHER = bytes(32), bytes(31) + b"x"


def signed(texts: dict[str, str]) -> pl.DataFrame:
    frame = pl.DataFrame({"id": list(texts), "media_type": ["text/plain"] * len(texts), "text": list(texts.values())})
    return signatures.sign(frame)


def texts(seed: int) -> dict[str, str]:
    """Texts between which there is every degree of likeness, and one too short to be like another."""
    chosen = np.random.default_rng(seed)
    found = {"short": "A few words only."}
    for number in range(12):
        text = prose(f"{seed}-{number % 3}")
        for _ in range(int(chosen.integers(0, 12))):
            text = with_changed_word(text, int(chosen.integers(1, 90)))
        found[f"d{number:02d}"] = text
    return found


@pytest.mark.parametrize("seed", range(6))
def test_neighbours_are_those_of_the_duplicates_step(seed: int) -> None:
    rows = signed(texts(seed))
    index = marks.Signed(rows)
    for first in rows.iter_rows(named=True):
        expected = set()
        for second in rows.iter_rows(named=True):
            pair = pl.DataFrame([first, second], schema=rows.schema).with_columns(id=pl.Series(["a", "b"]))
            ranked = pair.with_columns(pl.lit(0).cast(pl.Int64).alias(name) for name in ("tier", "seniority", "quality"))
            same_text = first["norm_hash"] == second["norm_hash"]
            if not same_text and "near_dup" in resolve(ranked)["verdict"].to_list():
                expected.add(second["id"])
            if same_text and first["shingles"] >= 29:
                expected.add(second["id"])
        refused = [first["signature"]] if first["shingles"] >= 29 else []
        assert index.neighbours(refused) == expected


def test_there_are_neighbours_and_others_in_these_texts() -> None:
    rows = signed(texts(0))
    found = [len(marks.Signed(rows).neighbours([signature])) for signature in rows["signature"]]
    assert 1 < max(found) < rows.height


def test_the_same_thing_has_another_name_under_another_key_and_in_another_role() -> None:
    names = {marks.reference(KEY, "x"), marks.reference(OTHER, "x"), marks.exact(KEY, "x"), marks.normalised(KEY, b"x")}
    assert len(names) == 4
    assert all(len(name) == 64 for name in names)


def test_a_mark_survives_being_written_and_read() -> None:
    kept = marks.Marks(True, {"r": marks.Mark(("s", "p"), {"c"}, {"x:y"}, False, "release")}, {"o"})
    assert marks.Marks.from_json(kept.as_json()) == kept


def test_a_signature_of_another_scheme_is_not_compared() -> None:
    mark = marks.Mark(("s", "p"))
    marks.remember_signatures(mark, 100, bytes(448))
    other = marks.Marks(documents={"r": marks.Mark(("s", "p"), signatures={"older:AAAA", *mark.signatures})})
    assert other.signed() == {bytes(448)}
