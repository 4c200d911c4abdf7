"""Repetition as Rae et al. 2021 measure it, checked against definitions written out in plain Python."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pile_assets.filters import characters as chars
from pile_assets.filters import gopher_repetition, kernels
from pile_assets.filters.gopher_repetition import DUPLICATE_NGRAMS, TOP_NGRAMS
from pile_assets_tests.filters import samples
from pile_assets_tests.filters.test_gopher_quality import words_of_text

few_words = st.lists(st.sampled_from(["a", "bb", "ccc", "日", "ß", "a."]), max_size=60).map(" ".join)


def characters(words: list[str], positions: set[int]) -> float:
    return sum(len(words[position]) for position in positions) / max(sum(map(len, words)), 1)


def duplicate_fraction(text: str, n: int) -> float:
    words, seen, covered = words_of_text(text), set(), set()
    for start in range(len(words) - n + 1):
        gram = tuple(words[start : start + n])
        if gram in seen:
            covered |= set(range(start, start + n))
        seen.add(gram)
    return characters(words, covered)


def top_fractions(text: str, n: int) -> set[float]:
    """The fraction, for each n-gram that may be called the most common."""
    words = words_of_text(text)
    starts = range(len(words) - n + 1)
    counts = Counter(tuple(words[start : start + n]) for start in starts)
    most = max(counts.values(), default=0)
    if most < 2:
        return {0.0}
    common = [gram for gram, count in counts.items() if count == most]
    longest = max(len("".join(gram)) for gram in common)
    fractions = set()
    for gram in common:
        if len("".join(gram)) == longest:
            covered = {place for s in starts if tuple(words[s : s + n]) == gram for place in range(s, s + n)}
            fractions.add(characters(words, covered))
    return fractions


@settings(max_examples=200, deadline=None)
@given(few_words)
def test_ngram_fractions_are_as_defined(text: str) -> None:
    found = gopher_repetition.measure(text)
    for n in DUPLICATE_NGRAMS:
        assert found[f"duplicate_{n}gram_char_fraction"] == duplicate_fraction(text, n)
    for n in TOP_NGRAMS:
        assert found[f"top_{n}gram_char_fraction"] in top_fractions(text, n)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["one line", "another", "", "  ", " one line "]), max_size=30).map("\n".join))
def test_line_and_paragraph_fractions_are_as_defined(text: str) -> None:
    found = gopher_repetition.measure(text)
    lines = [line.strip() for line in text.split("\n")]
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        paragraphs[-1:] = [[*paragraphs[-1], line]] if line else [paragraphs[-1], []]
    for name, parts in (("line", [line for line in lines if line]), ("paragraph", ["\n".join(p) for p in paragraphs if p])):
        repeated = [part for index, part in enumerate(parts) if part in parts[:index]]
        assert found[f"duplicate_{name}_fraction"] == pytest.approx(len(repeated) / max(len(parts), 1))
        total = max(sum(map(len, parts)), 1)
        assert found[f"duplicate_{name}_char_fraction"] == pytest.approx(sum(map(len, repeated)) / total)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_every_fraction_lies_between_0_and_1(text: str) -> None:
    assert all(0 <= value <= 1 for value in gopher_repetition.measure(text).values())


def test_a_text_said_twice_is_half_repeated() -> None:
    found = gopher_repetition.measure(samples.PROSE + "\n" + samples.PROSE)
    assert found["duplicate_paragraph_fraction"] == 0.5
    assert found["duplicate_10gram_char_fraction"] == pytest.approx(0.5, abs=0.01)


def test_a_text_without_repetition_has_none() -> None:
    assert set(gopher_repetition.measure("every word of this short text is another").values()) == {0.0}


def test_words_that_share_a_beginning_hash_apart() -> None:
    """Also control characters, and a word that is another one twice."""
    words = ["a", "aa", "\0", "\0\0", "ab", "ba", "\U0010ffff"]
    hashes, lengths = kernels.word_hashes(chars.head(" ".join(words)), chars.classes())
    assert len(set(hashes.tolist())) == len(words)
    assert lengths.tolist() == [len(word) for word in words]
