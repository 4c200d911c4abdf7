"""The `gopher_repetition` filter: how much of a text says again what it has said already.

The measurements of Rae et al. 2021, appendix A1.1 "Repetition removal" (table A1). The paper leaves some choices open;
these are ours. Every fraction is of like by like (lines of lines, characters of characters in lines or words), so it
lies between 0 and 1. What counts as repeated is the second and any later occurrence. Characters in overlapping
n-grams count once. Lines are compared without white space at their ends, blank ones left out; a paragraph is a run of
lines between blank ones. Words are runs without white space. N-grams are compared by 64-bit hash.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from pile_assets.filters import characters as chars
from pile_assets.filters.model import Filter, per_document

TOP_NGRAMS = (2, 3, 4)
DUPLICATE_NGRAMS = (5, 6, 7, 8, 9, 10)

SCHEMA = {
    "duplicate_line_fraction": pl.Float64,
    "duplicate_line_char_fraction": pl.Float64,
    "duplicate_paragraph_fraction": pl.Float64,
    "duplicate_paragraph_char_fraction": pl.Float64,
    **{f"top_{n}gram_char_fraction": pl.Float64 for n in TOP_NGRAMS},  # in the most common n-gram
    **{f"duplicate_{n}gram_char_fraction": pl.Float64 for n in DUPLICATE_NGRAMS},  # in any repeated n-gram
}


def measure(text: str) -> dict[str, Any]:
    """The attributes of one text; all 0 for a text without words."""
    text = text[: chars.HEAD_CHARACTERS]
    lines = [line.strip() for line in text.split("\n")]
    line_fraction, line_char_fraction = _repeated([line for line in lines if line])
    paragraph_fraction, paragraph_char_fraction = _repeated(list(_paragraphs(lines)))
    return {
        "duplicate_line_fraction": line_fraction,
        "duplicate_line_char_fraction": line_char_fraction,
        "duplicate_paragraph_fraction": paragraph_fraction,
        "duplicate_paragraph_char_fraction": paragraph_char_fraction,
        **_ngrams(text),
    }


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The runs of non-blank lines, each as one string."""
    run: list[str] = []
    for line in (*lines, ""):
        if line:
            run.append(line)
        elif run:
            yield "\n".join(run)
            run = []


def _repeated(parts: list[str]) -> tuple[float, float]:
    """The fraction of parts, and of their characters, in parts that are equal to an earlier one."""
    if not parts:
        return 0.0, 0.0
    distinct = set(parts)
    characters = sum(map(len, parts))
    return 1 - len(distinct) / len(parts), 1 - sum(map(len, distinct)) / characters


def _ngrams(text: str) -> dict[str, float]:
    from pile_assets.filters import kernels  # on first use, see there

    words, lengths = kernels.word_hashes(chars.head(text), chars.classes())
    characters = max(int(lengths.sum()), 1)
    grams, fractions = words, {}
    for n in range(2, max(DUPLICATE_NGRAMS) + 1):
        grams = kernels.chained(grams, words, n)
        if n in TOP_NGRAMS:
            fractions[f"top_{n}gram_char_fraction"] = kernels.most_common_characters(grams, lengths, n) / characters
        if n in DUPLICATE_NGRAMS:
            fractions[f"duplicate_{n}gram_char_fraction"] = kernels.repeated_characters(grams, lengths, n) / characters
    return fractions


FILTER = Filter(
    name="gopher_repetition",
    version="1",
    rationale=(
        "Text that repeats itself is uninformative, and models trained on it learn to loop. Repetition shows at several "
        "scales (lines, paragraphs, phrases), so it is measured at each."
    ),
    source="Rae et al. 2021, Scaling Language Models: Methods, Analysis and Insights from Training Gopher, appendix A1.1.",
    schema=SCHEMA,
    media="prose",
    annotate=per_document(measure, SCHEMA, "prose"),
    parameters={"head": chars.HEAD_CHARACTERS},
)
