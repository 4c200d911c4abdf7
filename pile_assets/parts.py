"""Cutting a stage's rows into part files, so that no step ever holds a whole partition.

What belongs here: when a part is full. What may not: where files lie (`store`), and cutting shards, which goes by content
(`shards.merge`).
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from pile_assets.store import Address, FileRef, Store

PART_BYTES = 32 * 1024 * 1024
"""Text bytes after which a stage starts a new part file: bounds the memory of every step that streams parts."""


class PartWriter:
    """Collects rows or frames of one stage and writes a part file whenever `PART_BYTES` of weight have gathered.

    Part boundaries depend on the rows and their weights alone, so equal content gives equal files.
    """

    def __init__(self, store: Store, address: Address, schema: Mapping[str, Any]):
        self._store, self._address, self._schema = store, address, dict(schema)
        self._rows: list[tuple[Any, ...]] = []
        self._weight = 0
        self._files: list[FileRef] = []

    def add(self, row: tuple[Any, ...], weight: int) -> None:
        """Add one row in schema order; `weight` is its text's length in bytes."""
        self._rows.append(row)
        self._weight += weight
        if self._weight >= PART_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            frame = pl.DataFrame(self._rows, schema=self._schema, orient="row")
            self._files.append(self._store.write_part(self._address, frame))
            self._rows, self._weight = [], 0

    def close(self) -> tuple[FileRef, ...]:
        self._flush()
        return tuple(self._files)
