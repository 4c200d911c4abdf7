"""The `gopher_quality` filter: does a text look like sentences written to be read.

The measurements of Rae et al. 2021, Scaling Language Models: Methods, Analysis and Insights from Training Gopher,
appendix A1.1 "Quality filtering". They decide nothing; thresholds are in the policies. Words are runs without white
space, so scripts written without spaces have few and long ones: judge such languages by thresholds of their own.
"""

import re
from typing import Any

import numpy as np
import polars as pl

from pile_assets.filters import characters as chars
from pile_assets.filters.model import Filter, per_document

STOP_WORDS = ("the", "be", "to", "of", "and", "that", "have", "with")
BULLETS = "•‣◦▪■●–—*-"
LONGEST_WORD = 1024  # in the median, longer words count as this long

SCHEMA = {
    "word_count": pl.Int64,
    "mean_word_length": pl.Float64,  # characters, attached punctuation included; 0 without words, as all below
    "median_word_length": pl.Float64,
    "symbol_to_word_ratio": pl.Float64,  # hash signs per word or ellipses per word, whichever is more
    "alpha_word_fraction": pl.Float64,  # words with at least one letter
    "stop_words": pl.Int64,  # how many of STOP_WORDS occur
    "bullet_line_fraction": pl.Float64,  # non-blank lines that start with a bullet; a dash opening dialogue is none
    "ellipsis_line_fraction": pl.Float64,  # non-blank lines that end with an ellipsis
}

_ELLIPSIS = re.compile(r"\.{3,}|…")
_BULLET_LINE = re.compile(rf"[{re.escape(BULLETS)}](?:\s|$)")


def measure(text: str) -> dict[str, Any]:
    """The attributes of one text; see `SCHEMA`."""
    from pile_assets.filters import kernels  # on first use, see there

    text = text[: chars.HEAD_CHARACTERS]
    lengths, characters, with_letter, stop_words = kernels.word_profile(
        chars.head(text), chars.classes(), _STOP_WORDS, LONGEST_WORD
    )
    words = int(lengths.sum())
    symbols = max(text.count("#"), len(_ELLIPSIS.findall(text)))
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    return {
        "word_count": words,
        "mean_word_length": characters / words if words else 0.0,
        "median_word_length": _median(lengths),
        "symbol_to_word_ratio": symbols / words if words else 0.0,
        "alpha_word_fraction": with_letter / words if words else 0.0,
        "stop_words": stop_words,
        "bullet_line_fraction": sum(bool(_BULLET_LINE.match(line)) for line in lines) / len(lines) if lines else 0.0,
        "ellipsis_line_fraction": sum(line.endswith(("...", "…")) for line in lines) / len(lines) if lines else 0.0,
    }


def _median(counts: chars.Counts) -> float:
    """The median of values given as how often each occurs; the mean of the middle two where there are two."""
    total = int(counts.sum())
    if not total:
        return 0.0
    below = np.cumsum(counts)
    lower, upper = np.searchsorted(below, [(total + 1) // 2, total // 2 + 1])
    return (int(lower) + int(upper)) / 2


_STOP_WORDS = np.array([chars.packed_word(word) for word in STOP_WORDS])

FILTER = Filter(
    name="gopher_quality",
    version="1",
    rationale=(
        "Lists, menus, tables, keyword spam and machine output differ from prose in the length of their words, their "
        "symbols and the absence of the commonest English words. These simple signs were chosen by the Gopher authors "
        "because they are transparent and do not prefer one dialect or topic over another."
    ),
    source="Rae et al. 2021, Scaling Language Models: Methods, Analysis and Insights from Training Gopher, appendix A1.1.",
    schema=SCHEMA,
    media="prose",
    annotate=per_document(measure, SCHEMA, "prose"),
    parameters={
        "stop_words": list(STOP_WORDS),
        "bullets": BULLETS,
        "head": chars.HEAD_CHARACTERS,
        "unicode": chars.UNICODE,
    },
)
