"""The language of prose."""

import os
import subprocess
import sys

import pytest

from pile_assets.filters import FILTERS, language
from pile_assets_tests.filters import samples

LANGUAGES = {
    "latin": "fr",
    "greek": "el",
    "cyrillic": "ru",
    "arabic": "ar",
    "hebrew": "he",
    "devanagari": "hi",
    "bengali": "bn",
    "tamil": "ta",
    "thai": "th",
    "han": "zh",
    "kana": "ja",
    "hangul": "ko",
}


@pytest.mark.parametrize("script", LANGUAGES)
def test_a_sentence_of_each_script_is_recognised(script: str) -> None:
    found = language.measure(samples.SCRIPTS[script])
    assert found["lang"] == LANGUAGES[script]
    assert 0.5 < found["score"] <= 1


@pytest.mark.parametrize("text", ["", " \n", "12 34 -- 56", "😀 😀"])
def test_a_text_without_letters_is_no_evidence(text: str) -> None:
    assert language.measure(text) == {"lang": "und", "score": 0.0}


def test_front_matter_in_another_language_does_not_decide() -> None:
    book = samples.GERMAN * 4 + samples.PROSE * 40
    assert language.measure(book)["lang"] == "en"


def test_a_long_text_costs_no_more_than_its_windows() -> None:
    looked_at = language.sample("a b c d e " * 1_000_000)
    assert len(looked_at) == language.WINDOWS * language.WINDOW_CHARACTERS + language.WINDOWS - 1


@pytest.mark.parametrize("length", [0, 1, 2999, 3000, 3001, 3002, 4001, 10_000])
def test_the_windows_are_the_whole_text_or_reach_from_its_start_to_its_end(length: int) -> None:
    text = "".join(chr(0x4E00 + index) for index in range(length))
    windows = language.sample(text).split("\n")
    if length <= language.WINDOWS * language.WINDOW_CHARACTERS:
        assert windows == [text]
    else:
        assert [len(window) for window in windows] == [language.WINDOW_CHARACTERS] * language.WINDOWS
        assert text.startswith(windows[0])
        assert length - (text.index(windows[-1]) + len(windows[-1])) < language.WINDOWS


def test_the_number_of_threads_changes_no_score() -> None:
    program = (
        "from pile_assets.filters import language\n"
        "from pile_assets_tests.filters import samples\n"
        "print([language._identifier().classify(text) for _, text in samples.DOCUMENTS.values() if len(text) < 9999])\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(outputs) == 1


def test_code_has_no_language() -> None:
    attributes = FILTERS["language"].annotate(samples.batch(samples.CODE, media_type="text/x-python"))
    assert attributes.row(0) == ("0", None, None)
