"""The engine's documents: their content in columns, their standing and verdicts in memory, and the members they belong to.

What belongs here: numbering, appending, comparing and naming documents. What may not: keys and runs (`index`), deciding
(`propagation`), committing (`cache`).

A document gets the next number when it arrives and keeps it while its content and rank stay; one that changes leaves and
arrives. Numbers decide nothing. Documents that left keep their rows, since runs still hold their numbers in order of
rank, until so many have left that the engine starts anew.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from pile_assets.dedup.columns import Array, Column
from pile_assets.dedup.resolve import MINIMUM_SHINGLES, rank_hash
from pile_assets.dedup.signatures import PERMUTATIONS

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

NONE = 0xFFFFFFFF
GONE, CLAIMED, LIVE = 0, 1, 2
HASH_WORDS = 4
WORDS = PERMUTATIONS + HASH_WORDS
RECORDS_PER_BLOCK = 128
QUALITIES = 128
"""Quality buckets that fit beside one bit in a byte."""

OFFERED: dict[str, Any] = {
    "id": pl.String,
    "quality": pl.Int64,
    "norm_hash": pl.Binary,
    "shingles": pl.Int64,
    "signature": pl.Binary,
}
"""What a member's documents are given as: `resolve.CANDIDATES` without the columns that a member has for all of them. A
further Boolean column `live`, where there is one, is false for documents that only claim their id: they get no verdict
and are nobody's canonical, and no other document may have their id."""


@dataclass(frozen=True)
class Entry:
    """A member as its documents know it. Another tier or seniority is another entry, since its documents rank anew."""

    name: str
    tier: int
    seniority: int
    version: str | None  # None where it has left, or is another entry now
    digest: str | None = None  # of its verdicts


def _place(entry: Entry) -> tuple[str, int, int]:
    """What tells an entry from all others."""
    return entry.name, entry.tier, entry.seniority


@dataclass(frozen=True)
class Batch:
    """Documents about to be numbered."""

    ids: pl.Series
    records: U32  # [n, WORDS]: signature, normalised hash
    traits: U8  # [n]: quality, shifted by the bit that says whether it is long enough for near matching
    standing: U8  # [n]

    def only(self, rows: Array) -> "Batch":
        return Batch(self.ids.gather(rows), self.records[rows], self.traits[rows], self.standing[rows])


def batch(frame: pl.DataFrame) -> Batch:
    """The documents of a frame of `OFFERED`; raises ValueError for a frame that is none."""
    faults = [f"{name} is not {dtype} without nulls" for name, dtype in OFFERED.items() if not _sound(frame, name, dtype)]
    if "live" in frame.columns and not _sound(frame, "live", pl.Boolean):
        faults.append("live is not Boolean without nulls")
    if not faults:
        faults += [
            f"a {name} is not {size} bytes long"
            for name, size in (("signature", 4 * PERMUTATIONS), ("norm_hash", 4 * HASH_WORDS))
            if (frame[name].bin.size() != size).any()
        ]
        if not frame["quality"].is_between(0, QUALITIES - 1).all():
            faults.append(f"a quality is not from 0 to {QUALITIES - 1}")
    if faults:
        raise ValueError(f"not documents of a member: {'; '.join(faults)}")
    records = np.empty((frame.height, WORDS), np.uint32)
    records[:, :PERMUTATIONS] = _words(frame["signature"], PERMUTATIONS)
    records[:, PERMUTATIONS:] = _words(frame["norm_hash"], HASH_WORDS)
    near = (frame["shingles"] >= MINIMUM_SHINGLES).to_numpy()
    live = frame["live"].to_numpy() if "live" in frame.columns else np.ones(frame.height, np.bool_)
    traits = (frame["quality"].to_numpy() << 1 | near).astype(np.uint8)
    return Batch(frame["id"], records, traits, np.where(live, LIVE, CLAIMED).astype(np.uint8))


def _sound(frame: pl.DataFrame, name: str, dtype: Any) -> bool:
    return frame.schema.get(name) == dtype and frame[name].null_count() == 0


def _words(column: pl.Series, count: int) -> U32:
    if not column.len():
        return np.empty((0, count), np.uint32)
    return column.bin.reinterpret(dtype=pl.Array(pl.UInt32, count), endianness="little").to_numpy()


class Table:
    """All documents, by number."""

    def __init__(self, folder: Path, generation: int):
        self.generation = generation

        def column(name: str, dtype: str, width: int = 1, per_block: int = 1 << 16) -> Column:
            return Column(folder / f"{generation}.{name}", dtype, width, per_block)

        self.records = column("records", "<u4", WORDS, RECORDS_PER_BLOCK)
        self.hashes = column("hashes", "<u8")
        self.ids = column("ids", "u1")
        self.ends = column("ends", "<i8")
        self.owners = column("owners", "<u4")  # which entry each document belongs to
        self.traits = column("traits", "u1")
        self.standing: U8 = np.empty(0, np.uint8)
        self.canonical: U32 = np.empty(0, np.uint32)
        self.agreement: U8 = np.empty(0, np.uint8)
        self.entries: list[Entry] = []
        self._arriving: list[U8] = []  # standing of documents whose rows are there and whose arrays are not
        self._groups: tuple[U32, I64] | None = None
        self._present: dict[str, int] | None = None  # this and the next one follow from `entries`, when first asked for
        self._places: dict[tuple[str, int, int], int] | None = None

    @property
    def columns(self) -> dict[str, Column]:
        """By file name."""
        found = (self.records, self.hashes, self.ids, self.ends, self.owners, self.traits)
        return {column.path.name: column for column in found}

    @property
    def size(self) -> int:
        """How many documents have been numbered."""
        return self.hashes.rows

    def check_small(self) -> None:
        """Raise Damaged where a column that is always read whole is not what it was."""
        for column in (self.hashes, self.ends, self.owners, self.traits):
            column.check()

    # -- members ---------------------------------------------------------------------------------------------------

    @property
    def present(self) -> dict[str, int]:
        """Name -> entry of every member that is here, as it is at this moment."""
        if self._present is None:
            self._present = {entry.name: i for i, entry in enumerate(self.entries) if entry.version is not None}
        return self._present

    def enter(self, entry: Entry) -> int:
        """The number of an entry, which is made if no member had this name and rank before; its version is set."""
        if self._places is None:
            self._places = {_place(known): i for i, known in enumerate(self.entries)}
        self._present = None
        if (i := self._places.get(_place(entry))) is not None:
            self.entries[i] = replace(self.entries[i], version=entry.version)
            return i
        self.entries.append(entry)
        return self._places.setdefault(_place(entry), len(self.entries) - 1)

    def retire(self, entry: int) -> None:
        """Its member has left, or ranks anew."""
        self.entries[entry] = replace(self.entries[entry], version=None, digest=None)
        self._present = None

    def digested(self, entry: int, digest: str) -> None:
        self.entries[entry] = replace(self.entries[entry], digest=digest)

    def ranks(self) -> npt.NDArray[np.uint64]:
        """Per document: which place its tier and seniority have among all, then quality."""
        places = sorted({(entry.tier, entry.seniority) for entry in self.entries})
        order = {place: i for i, place in enumerate(places)}
        dense = np.array([order[entry.tier, entry.seniority] for entry in self.entries], np.uint64)
        qualities = (self.traits.array >> 1).astype(np.uint64)
        return dense[self.owners.array] << np.uint64(8) | qualities if self.size else qualities

    # -- documents -------------------------------------------------------------------------------------------------

    def append(self, added: Batch, entry: int) -> U32:
        """Number documents that arrive; they stand in no array before `arrive`."""
        start, count = self.size, added.ids.len()
        if start + count >= NONE:
            raise ValueError(f"more than {NONE - 1} documents")
        blob = added.ids.cast(pl.Binary)
        lengths = blob.bin.size().cast(pl.Int64).to_numpy()
        self.ends.append(np.cumsum(lengths) + self.ids.rows)
        self.ids.append(np.frombuffer(b"".join(blob.to_list()), np.uint8))
        self.hashes.append(np.array([rank_hash(id_) for id_ in added.ids], np.uint64))
        self.records.append(added.records)
        self.owners.append(np.full(count, entry, np.uint32))
        self.traits.append(added.traits)
        self._arriving.append(added.standing)
        return np.arange(start, start + count, dtype=np.uint32)

    def arrive(self) -> None:
        """Give what was appended its standing, and no verdict yet."""
        self.standing = np.concatenate([self.standing, *self._arriving])
        count = self.size - self.canonical.size
        self.canonical = np.concatenate([self.canonical, np.full(count, NONE, np.uint32)])
        self.agreement = np.concatenate([self.agreement, np.zeros(count, np.uint8)])
        self._arriving, self._groups = [], None

    def leave(self, numbers: U32) -> None:
        """These documents are gone. Their verdicts stay until `propagate` has taken them away."""
        self.standing[numbers] = GONE
        self._groups = None

    def numbers(self, entry: int) -> U32:
        """The documents of a member, those that only claim their id included, in order of number."""
        if self._groups is None:
            here = np.flatnonzero(self.standing).astype(np.uint32)
            owners = self.owners.array[here]
            order = np.argsort(owners, kind="stable")
            self._groups = here[order], np.searchsorted(owners[order], np.arange(len(self.entries) + 1))
        numbers, bounds = self._groups
        return numbers[bounds[entry] : bounds[entry + 1]]

    def texts(self, numbers: U32) -> tuple[U8, I64]:
        """The ids of documents one after the other in UTF-8, and where each ends; raises Damaged."""
        from pile_assets.dedup import runs

        ends = self.ends.array
        starts = np.where(numbers > 0, ends[numbers.astype(np.int64) - 1], 0) if numbers.size else np.empty(0, np.int64)
        self.ids.check(_blocks_of(starts, ends[numbers], self.ids.per_block))
        return runs.gather(numbers, self.ids.array, ends)

    def names(self, numbers: U32) -> pl.Series:
        """The ids of documents."""
        text, ends = self.texts(numbers)
        whole, bounds = text.tobytes(), [0, *ends.tolist()]
        found = [whole[bounds[i] : bounds[i + 1]].decode() for i in range(numbers.size)]
        return pl.Series(found, dtype=pl.String)

    def unchanged(self, numbers: U32, offered: Batch) -> tuple[Array, Array]:
        """Of a member's documents, given by number, and of those offered now: which are the same in both."""
        self.records.check(np.unique(numbers // RECORDS_PER_BLOCK).astype(np.int64))
        old = pl.DataFrame({"id": self.names(numbers), "number": pl.Series(numbers, dtype=pl.UInt32)})
        new = pl.DataFrame({"id": offered.ids}).with_row_index("row")
        pairs = old.join(new, on="id", maintain_order="left")
        number, row = pairs["number"].to_numpy(), pairs["row"].to_numpy()
        same = (
            (self.records.array[number] == offered.records[row]).all(axis=1)
            & (self.traits.array[number] == offered.traits[row])
            & (self.standing[number] == offered.standing[row])
        )
        return number[same], row[same]


def _blocks_of(starts: I64, ends: I64, per_block: int) -> I64:
    """The blocks that these half-open ranges of rows touch."""
    if not starts.size:
        return starts
    touched = np.zeros(int(ends.max()) // per_block + 2, np.int64)
    np.add.at(touched, starts // per_block, 1)
    np.add.at(touched, np.maximum(ends - 1, starts) // per_block + 1, -1)
    return np.flatnonzero(np.cumsum(touched))
