"""Whom to credit for every document of a shard, and what its documents are by time and language.

Pure functions over the rows of a shard without their text. Reading shards and writing files is `publishing`.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pile_assets.licensing import accepted
from pile_assets.shards.merge import UNKNOWN

ATTRIBUTION = {
    "doc_id": pl.String,
    "title": pl.String,  # null where unknown
    "authors": pl.String,  # null where unknown; several joined by "; "
    "credit": pl.String,  # the line a reader must be shown; null where none was given
    "url": pl.String,
    "licence_spdx": pl.String,  # SPDX expression
    "licence_url": pl.String,  # where its licences can be read; several joined by a blank
    "modified": pl.Boolean,  # the text differs from the published one
    "shard": pl.String,  # "<domain>/<shard>"
    "row": pl.Int64,  # position in the shard, from 0, part files in the order of the manifest
    "source": pl.String,
    "partition": pl.String,  # NOTICES/<source>/<partition>.txt, where there is one, came with it
}
"""One row for every document of a shard, in shard order."""

READ = ["id", "title", "author", "attribution", "url", "licence", "modified", "source", "partition", "created", "bytes"]
"""The columns of a shard row that these functions need."""

Figures = dict[str, dict[str, int]]
"""Value -> {"docs", "bytes"}."""


def credit_rows(rows: pl.DataFrame, shard: str) -> pl.DataFrame:
    """The rows of ATTRIBUTION for a shard's rows, given in order with the columns of `READ`."""
    addresses = {expression: licence_addresses(expression) for expression in rows["licence"].unique()}
    return rows.select(
        pl.col("id").alias("doc_id"),
        "title",
        pl.col("author").alias("authors"),
        pl.col("attribution").alias("credit"),
        "url",
        pl.col("licence").alias("licence_spdx"),
        pl.col("licence").replace_strict(addresses, return_dtype=pl.String).alias("licence_url"),
        "modified",
        pl.lit(shard).alias("shard"),
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        "source",
        "partition",
    ).select(list(ATTRIBUTION))


def licence_addresses(expression: str) -> str:
    """Where the licences of an accepted expression can be read."""
    return " ".join(dict.fromkeys(licence.url for licence in accepted.judge(expression).licences))


def uncredited(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of ATTRIBUTION whose licence asks for credit and that name nobody, or that have no address."""
    asking = [spdx for spdx in rows["licence_spdx"].unique() if spdx is None or accepted.judge(spdx).attribution]
    nobody = pl.all_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in ("authors", "credit"))
    nowhere = pl.col("url").fill_null("") == ""
    return rows.filter((pl.col("licence_spdx").is_null() | (pl.col("licence_spdx").is_in(asking) & nobody)) | nowhere)


def figures(rows: pl.DataFrame, languages: Mapping[str, str | None]) -> dict[str, Any]:
    """Documents and bytes by decade and language, and how many texts were changed.

    `languages` are by document id; what has none, e.g. code, counts as unknown.
    """
    counted = rows.select(
        "bytes",
        decade=pl.col("created").str.extract(r"^(\d{3})\d") + pl.lit("0s"),
        language=pl.Series([languages.get(identifier) for identifier in rows["id"]], dtype=pl.String),
    )
    return {
        "decade": _by(counted, "decade"),
        "language": _by(counted, "language"),
        "modified": int(rows["modified"].sum()),
    }


def _by(rows: pl.DataFrame, column: str) -> Figures:
    found = (
        rows.group_by(pl.col(column).fill_null(UNKNOWN))
        .agg(docs=pl.len().cast(pl.Int64), bytes=pl.col("bytes").sum())
        .sort(column)
    )
    return {value: {"docs": docs, "bytes": size} for value, docs, size in found.iter_rows()}
