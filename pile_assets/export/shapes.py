"""The file formats of an export: how mixed rows become the bytes of one file.

    parquet     the columns of a shard, with `copy`
    jsonl.gz    the Dolma layout: id, text, source, created, and all else under metadata; one document a line

Equal rows make equal bytes: no time, no name and no thread enters. Dolma's optional `added` is left out, since it says when.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.shards.mixture import COPY
from pile_assets.store import write_parquet

GZIP_LEVEL = 6

COLUMNS = (*schemas.SHARD_ROWS, COPY)

_METADATA = {
    "license": "licence",  # spelt as the other sets of this layout have it
    "license_family": "family",
    "attribution": "attribution",
    "url": "url",
    "title": "title",
    "author": "author",
    "partition": "partition",
    "media_type": "media_type",
    "modified": "modified",
    "text_sha256": "text_sha256",
    "copy": COPY,
}
"""Name under `metadata` -> column."""


def as_parquet(rows: pl.DataFrame, path: Path) -> None:
    write_parquet(rows.select(COLUMNS).rechunk(), path)


def as_dolma(rows: pl.DataFrame, path: Path) -> None:
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed:
        for row in rows.iter_rows(named=True):
            packed.write(json.dumps(dolma(row), ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def dolma(row: Mapping[str, Any]) -> dict[str, Any]:
    """One document in the Dolma layout; what is not known is left out."""
    created = {"created": row["created"]} if row["created"] else {}
    metadata = {name: row[column] for name, column in _METADATA.items() if row[column] is not None}
    return {"id": row["id"], "text": row["text"], "source": row["source"], **created, "metadata": metadata}


SHAPES: Mapping[str, Callable[[pl.DataFrame, Path], None]] = {"parquet": as_parquet, "jsonl.gz": as_dolma}
"""Format, which is also the files' suffix -> how it is written."""
