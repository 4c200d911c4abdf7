"""The `length` filter: how long a text is, in four units. Nothing here judges whether that is long enough."""

import polars as pl

from pile_assets.filters.model import Filter
from pile_assets.schemas import ATTRIBUTES

SCHEMA = {
    "chars": pl.Int64,  # Unicode code points
    "words": pl.Int64,  # runs without white space
    "lines": pl.Int64,  # separated by LF; a final LF ends the last line and begins no other
    "bytes": pl.Int64,  # of UTF-8
}


def annotate(documents: pl.DataFrame) -> pl.DataFrame:
    """Lengths of every document, whatever its media type."""
    text = pl.col("text")
    unfinished_line = (text != "") & ~text.str.ends_with("\n")
    return documents.select(
        pl.col("id").cast(ATTRIBUTES["id"]),
        text.str.len_chars().cast(pl.Int64).alias("chars"),
        text.str.count_matches(r"\S+").cast(pl.Int64).alias("words"),
        (text.str.count_matches("\n", literal=True).cast(pl.Int64) + unfinished_line.cast(pl.Int64)).alias("lines"),
        text.str.len_bytes().cast(pl.Int64).alias("bytes"),
    )


FILTER = Filter(
    name="length",
    version="1",
    rationale=(
        "Very short documents carry little text beside their boilerplate, and corpora are counted in these units. "
        "Lengths are recorded for every document so that thresholds can be changed without reading text again."
    ),
    source="Common Pile v0.1 filters by characters (Dolma char_length_v1) and words (whitespace_tokenizer_v1).",
    schema=SCHEMA,
    media="all",
    annotate=annotate,
)
