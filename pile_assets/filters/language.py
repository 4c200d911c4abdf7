"""The `language` filter: the most likely language of prose, with its probability.

Only prose: on program text the answer is noise (python-distributions measured labels such as th and bcl on Python).
"""

import functools
from typing import Any
from unicodedata import unidata_version

import polars as pl
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from pile_assets.filters.model import Filter, per_document

WINDOWS = 3
WINDOW_CHARACTERS = 1000
"""At most this many windows of this many characters are read: first, last and evenly between, so that front matter in
another language does not decide, and a book costs no more than a letter."""

SCORE_DIGITS = 4  # the rest of a float32 softmax is noise that another processor may round otherwise

SCHEMA = {
    "lang": pl.String,  # ISO 639 code of the model; zxx is no language, und is no evidence
    "score": pl.Float64,  # probability among the languages of the model, 0 to 1
}


def sample(text: str) -> str:
    """What is looked at: the whole of a short text, evenly spread windows of a long one, one to a line."""
    if len(text) <= WINDOWS * WINDOW_CHARACTERS:
        return text
    stride = (len(text) - WINDOW_CHARACTERS) // (WINDOWS - 1)
    return "\n".join(text[at : at + WINDOW_CHARACTERS] for at in range(0, WINDOWS * stride, stride))


def measure(text: str) -> dict[str, Any]:
    """Language and score of one text. Without a single letter there is no evidence: ("und", 0)."""
    looked_at = sample(text)
    if not any(character.isalpha() for character in looked_at):
        return {"lang": "und", "score": 0.0}
    lang, score = _identifier().classify(looked_at)
    return {"lang": lang, "score": round(score, SCORE_DIGITS)}


@functools.cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


FILTER = Filter(
    name="language",
    version="1",
    rationale=(
        "Training mixtures are balanced by language and several quality rules are rules about English, so a document "
        "needs to say which language it is in. The identifier is deterministic, works offline and its model is "
        "permissively licensed."
    ),
    source="py3langid, after Lui and Baldwin 2012, langid.py: An Off-the-shelf Language Identification Tool.",
    schema=SCHEMA,
    media="prose",
    annotate=per_document(measure, SCHEMA, "prose"),
    libraries=("py3langid",),
    parameters={
        "windows": WINDOWS,
        "window_characters": WINDOW_CHARACTERS,
        "score_digits": SCORE_DIGITS,
        "unicode": unidata_version,
    },
)
