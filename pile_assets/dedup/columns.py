"""Arrays in files that only grow: the parts of the engine's cache that are too large to be read whole or written again.

What belongs here: appending, mapping, and telling damage. What may not: what the rows mean, or which files belong together
(`cache`).

A column is a file of rows of one width. Its first `rows` rows are committed; what a process that was killed left behind
them is cut off when the column is opened. Every block of rows has a checksum, kept by `cache`; a reader checks the
blocks it has read, so that the cost of noticing damage is in proportion to the work. Nothing is flushed to the disk:
after a power failure the checksums tell what was lost, and the cache is made again.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xxhash

Array = npt.NDArray[Any]
Sums = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]


class Damaged(Exception):
    """The cache is not what was committed; its message says which part."""


class Column:
    """One such file, for the holder of the engine's lock. `width` numbers make a row, `per_block` rows a block."""

    def __init__(self, path: Path, dtype: str, width: int, per_block: int):
        self.path, self.dtype, self.width, self.per_block = path, np.dtype(dtype), width, per_block
        self.rows = 0
        self.sums: Sums = np.empty(0, np.uint64)
        self._summed = 0  # rows the sums are of
        self._mapped: Array | None = None

    @property
    def _row_bytes(self) -> int:
        return self.dtype.itemsize * self.width

    def create(self) -> None:
        """Begin an empty column, whatever lies there."""
        self.path.write_bytes(b"")

    def open(self, rows: int, sums: Sums) -> None:
        """Take up a column with so many committed rows; raises Damaged where there are fewer."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError as error:
            raise Damaged(f"{self.path.name} is missing") from error
        if size < rows * self._row_bytes:
            raise Damaged(f"{self.path.name} is too short")
        if sums.size != -(-rows // self.per_block):
            raise Damaged(f"{self.path.name} has another number of checksums than blocks")
        self.rows, self.sums, self._summed = rows, sums, rows
        if size > rows * self._row_bytes:
            self.cut(rows)

    def cut(self, rows: int) -> None:
        """Drop the rows after the first so many."""
        self.rows, self._mapped = rows, None
        os.truncate(self.path, rows * self._row_bytes)

    def cut_back(self) -> None:
        """Drop what was appended since the column was opened or sealed."""
        self.cut(self._summed)

    def append(self, rows: Array) -> None:
        with open(self.path, "ab") as file:
            file.write(np.ascontiguousarray(rows, self.dtype).data)
        self.rows += len(rows)
        self._mapped = None

    def extend(self, rows: int) -> Array:
        """Append so many rows and return them to be filled in."""
        start = self.rows
        self.rows += rows
        os.truncate(self.path, self.rows * self._row_bytes)
        self._mapped = None
        return self._map("r+")[start:]

    @property
    def array(self) -> Array:
        """All rows, mapped; not to be written to. Of width 1 it is one-dimensional."""
        if self._mapped is None:
            self._mapped = self._map("c")
        return self._mapped

    def _map(self, mode: Any) -> Array:
        shape = (self.rows,) if self.width == 1 else (self.rows, self.width)
        if not self.rows:
            return np.empty(shape, self.dtype)
        return np.memmap(self.path, self.dtype, mode, shape=shape).view(np.ndarray)

    # -- checksums -------------------------------------------------------------------------------------------------

    @property
    def blocks(self) -> int:
        return -(-self.rows // self.per_block)

    def check(self, blocks: Numbers | None = None) -> None:
        """Raise Damaged where committed rows of these blocks, or of all, are not what they were."""
        committed = self.array[: self._summed]
        for block in range(self.sums.size) if blocks is None else blocks.tolist():
            if block < self.sums.size and _sum(committed, block, self.per_block) != self.sums[block]:
                raise Damaged(f"{self.path.name} has other bytes than were written, in block {block}")

    def seal(self) -> None:
        """Compute the checksums of what was appended. A block that was begun before is checked first."""
        if self._summed == self.rows:
            return
        first = self._summed // self.per_block
        self.check(np.array([first]))
        fresh = [_sum(self.array, block, self.per_block) for block in range(first, self.blocks)]
        self.sums = np.concatenate([self.sums[:first], np.array(fresh, np.uint64)])
        self._summed = self.rows


def _sum(rows: Array, block: int, per_block: int) -> int:
    return xxhash.xxh3_64_intdigest(rows[block * per_block : (block + 1) * per_block].data)
