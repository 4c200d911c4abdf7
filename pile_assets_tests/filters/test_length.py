"""Lengths in four units."""

import pytest

from pile_assets.filters import FILTERS
from pile_assets_tests.filters import samples


@pytest.mark.parametrize(
    ("text", "chars", "words", "lines", "size"),
    [
        ("", 0, 0, 0, 0),
        ("\n", 1, 0, 1, 1),
        ("one two", 7, 2, 1, 7),
        ("one two\n", 8, 2, 1, 8),
        ("one\n\ntwo", 8, 2, 3, 8),
        ("one\r\ntwo\r\n", 10, 2, 2, 10),
        ("a\u00a0b\u3000c", 5, 3, 1, 8),
        ("日本語 😀", 5, 2, 1, 14),
    ],
)
def test_lengths(text: str, chars: int, words: int, lines: int, size: int) -> None:
    row = FILTERS["length"].annotate(samples.batch(text)).row(0, named=True)
    assert row == {"id": "0", "chars": chars, "words": words, "lines": lines, "bytes": size}
