"""The engine's index: sorted runs of keys over the documents of a table, one for each change, merged by size.

What belongs here: when runs are made, merged and written together again. What may not: the loops over keys (`runs`),
verdicts (`propagation`), committing (`cache`).

Runs are immutable; each lies at the end of the columns when it is made, and what was merged into a new one stays behind as
waste until all are written together. A change costs a run of its own size and its share of the merges.
"""

from pathlib import Path

import numpy as np

from pile_assets.dedup import runs
from pile_assets.dedup.columns import Column
from pile_assets.dedup.runs import Documents
from pile_assets.dedup.table import U32

SLICE = 1 << 23
"""Keys sorted in memory at once: 12 bytes each, twice."""

FANOUT = 4
"""A run is merged into the one before it unless that is more than so many times larger: the number of runs is logarithmic."""

SLACK = 1 << 20
"""Keys of waste that are not worth writing everything together for."""


class Index:
    """All runs."""

    def __init__(self, folder: Path, generation: int):
        self.folder, self.generation = folder, generation
        self.keys = Column(folder / f"{generation}.keys", "<u8", 1, runs.KEYS_PER_BLOCK)
        self.refs = Column(folder / f"{generation}.refs", "<u4", 1, runs.KEYS_PER_BLOCK)
        self.fences = Column(folder / f"{generation}.fences", "<u4", 1, 1 << 16)
        self.runs: list[tuple[int, int, int, int]] = []  # begin and end in keys, begin in fences, upper bits

    @property
    def columns(self) -> dict[str, Column]:
        """By file name."""
        return {column.path.name: column for column in (self.keys, self.refs, self.fences)}

    def create(self) -> None:
        for column in self.columns.values():
            column.create()

    def arrays(self, documents: int) -> runs.Index:
        """What the kernels search in, for numbers of so many documents; nothing has been read of it yet."""
        rows = np.array(self.runs, np.int64).reshape(-1, 4)
        seen = np.zeros(self.keys.rows // runs.KEYS_PER_BLOCK + 1, np.uint8)
        return runs.Index(self.keys.array, self.refs.array, self.fences.array, rows, documents, seen)

    def check(self, seen: runs.U8) -> None:
        """Raise Damaged where a block that was read is not what was written."""
        blocks = np.flatnonzero(seen)
        self.keys.check(blocks)
        self.refs.check(blocks)

    # -- making runs -----------------------------------------------------------------------------------------------

    def add(self, documents: Documents, numbers: U32) -> None:
        """Make a run of these documents' keys, in slices of the key's upper bits so that memory stays bounded."""
        bits = max(0, int(numbers.size * runs.KEYS // SLICE).bit_length())
        counts = np.zeros(1 << bits, np.int64)
        runs.count_keys(documents, numbers, bits, counts)
        bounds = np.concatenate([[0], np.cumsum(counts)])
        if not bounds[-1]:
            return
        begin = self.keys.rows
        keys, refs = self.keys.extend(int(bounds[-1])), self.refs.extend(int(bounds[-1]))
        runs.scatter_keys(documents, numbers, bits, bounds[:-1].copy(), keys, refs)
        for low, high in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            runs.sort_run(documents, keys[low:high], refs[low:high])
        self._seal_run(begin, int(bounds[-1]))

    def _seal_run(self, begin: int, length: int) -> None:
        """List a run that has been written, with its fence."""
        bits = min(max(4, (length // 8).bit_length() - 1), 30)
        fence = self.fences.rows
        runs.build_fence(self.keys.array[begin : begin + length], bits, self.fences.extend((1 << bits) + 1))
        self.runs.append((begin, begin + length, fence, bits))

    # -- merging runs ----------------------------------------------------------------------------------------------

    def tidy(self, documents: Documents) -> None:
        """Merge runs of like size."""
        while len(self.runs) > 1 and self._length(-2) < FANOUT * self._length(-1):
            self._merge_last(documents)

    @property
    def wasteful(self) -> bool:
        """Whether more of the columns is waste than in use."""
        return self.keys.rows > 2 * sum(end - begin for begin, end, _, _ in self.runs) + SLACK

    def _length(self, run: int) -> int:
        begin, end, _, _ = self.runs[run]
        return end - begin

    def _merge_last(self, documents: Documents) -> None:
        """Merge the last two runs into one."""
        for begin, end, _, _ in self.runs[-2:]:
            blocks = np.arange(begin // runs.KEYS_PER_BLOCK, -(-end // runs.KEYS_PER_BLOCK))
            self.keys.check(blocks)
            self.refs.check(blocks)
        begin, room = self.keys.rows, self._length(-2) + self._length(-1)
        keys, refs = self.keys.extend(room), self.refs.extend(room)
        arrays = self.arrays(documents.standing.size)
        length = runs.merge_runs(documents, arrays, len(self.runs) - 2, len(self.runs) - 1, keys, refs)
        self.keys.cut(begin + length)
        self.refs.cut(begin + length)
        del self.runs[-2:]
        if length:
            self._seal_run(begin, length)
