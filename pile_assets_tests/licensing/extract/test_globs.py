"""Path patterns of copyright files: what they match, and that none takes long."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing.extract import globs


@pytest.mark.parametrize(
    ("pattern", "path", "debian", "reuse"),
    [
        ("*", "a/b.c", True, False),
        ("**", "a/b.c", True, True),
        ("a/*", "a/b/c", True, False),
        ("a/**", "a/b/c", True, True),
        ("*.c", "a/b.c", True, False),
        ("a?c", "abc", True, False),
        ("a\\*", "a*", True, True),
        ("a\\*", "ab", False, False),
        ("a[bc]", "ab", False, False),
        ("a", "ab", False, False),
        ("", "a", False, False),
    ],
)
def test_a_pattern_in_either_dialect(pattern, path, debian, reuse):
    assert globs.debian(pattern, path) is debian
    assert globs.reuse(pattern, path) is reuse


@given(st.text(alphabet="ab*?/", max_size=8), st.text(alphabet="ab/", max_size=10))
def test_debians_patterns_are_what_their_regular_expressions_are(pattern, path):
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    assert globs.debian(pattern, path) is (re.fullmatch(expression, path, re.DOTALL) is not None)


@pytest.mark.parametrize("match", [globs.debian, globs.reuse])
def test_a_pattern_made_to_take_for_ever_does_not(match):
    before = time.process_time()
    assert not match("*a" * 300 + "b", "a" * 400)
    assert time.process_time() - before < 5
