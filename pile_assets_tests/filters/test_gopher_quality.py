"""The quality signs of Rae et al. 2021, checked against definitions written out in plain Python."""

import re
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets.filters import characters as chars
from pile_assets.filters import gopher_quality
from pile_assets_tests.filters import samples

WHITE_SPACE = "\t\n\v\f\r \x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
words_of_text = re.compile(f"[^{WHITE_SPACE}]+").findall

telling = st.sampled_from("the and to be.,#-…\n\t  Éé日ा1\u00a0\u3000")
texts = st.text(alphabet=st.one_of(telling, st.characters(codec="utf-8")), max_size=120)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_words_are_counted_and_measured_as_defined(text: str) -> None:
    words = words_of_text(text)
    found = gopher_quality.measure(text)
    lengths = [len(word) for word in words]
    assert found["word_count"] == len(words)
    assert found["mean_word_length"] == (sum(lengths) / len(words) if words else 0)
    assert found["median_word_length"] == (statistics.median(lengths) if words else 0)
    assert 0 <= found["alpha_word_fraction"] <= 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("the the THE", 1),
        ('He said: "The", and (of) that.', 4),
        ("to be with us to have of and the that", 8),
        ("them toe tobe th-e1 андthe", 1),  # letters of a word: th-e1 reads "the"; a word of two scripts is another word
        ("antidisestablishmentarianismthe", 0),
    ],
)
def test_stop_words_are_whole_words_in_any_case_and_punctuation(text: str, count: int) -> None:
    assert gopher_quality.measure(text)["stop_words"] == count


@pytest.mark.parametrize(
    ("text", "fraction"),
    [("", 0), ("one 2 three 4", 0.5), ("1 2 3", 0), ("x1 é 日 ा a", 1), ("-- ** a b", 0.5)],
)
def test_words_with_a_letter_of_any_script(text: str, fraction: float) -> None:
    assert gopher_quality.measure(text)["alpha_word_fraction"] == fraction


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("# one two three", 0.25),
        ("one... two three four", 0.25),
        ("one...... two three four", 0.25),
        ("one… two... # four", 0.5),
        ("one.. two", 0),
    ],
)
def test_symbols_per_word_count_runs_of_dots_once_and_take_the_commoner_symbol(text: str, ratio: float) -> None:
    assert gopher_quality.measure(text)["symbol_to_word_ratio"] == ratio


@pytest.mark.parametrize(
    ("text", "bullets", "ellipses"),
    [
        ("- one\n\n* two\nthree\n\u2022 four\n", 0.75, 0),
        ("\u2014Hello, said he.\n-5 degrees\n--option\n", 0, 0),
        ("and so...\n  on…  \nend.\n", 0, 2 / 3),
        ("\u2022\n-\n", 1, 0),
    ],
)
def test_bullet_and_ellipsis_lines_are_shares_of_the_filled_lines(text: str, bullets: float, ellipses: float) -> None:
    found = gopher_quality.measure(text)
    assert (found["bullet_line_fraction"], found["ellipsis_line_fraction"]) == (bullets, pytest.approx(ellipses))


def test_only_the_head_of_a_huge_text_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chars, "HEAD_CHARACTERS", 10)
    assert gopher_quality.measure("one two é four five six")["word_count"] == 3


def test_the_samples_differ_as_a_reader_would_say() -> None:
    prose, bullets = gopher_quality.measure(samples.PROSE), gopher_quality.measure(samples.BULLETS)
    assert prose["stop_words"] == 8
    assert bullets["bullet_line_fraction"] == 1
