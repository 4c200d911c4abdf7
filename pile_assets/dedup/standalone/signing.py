"""The signatures of one input: signed part by part, committed when the whole input has been read.

What belongs here: one input's part files and the record of them. What may not: anything about other inputs, or verdicts.

A **part** is a stretch of an input's documents and a member of the engine. Parts are cut at ids, so that a line put in or
taken out moves the boundaries near it and no others; and a part is named by the id it begins after, so that it is the same
member when its documents or their lines change, and only what changed is decided again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import polars as pl
import xxhash

from pile_assets import schemas
from pile_assets.dedup import signatures
from pile_assets.dedup.standalone.reading import Batch, Columns, Problem, read
from pile_assets.errors import Quarantine
from pile_assets.store import Address, FileRef, Store, canonical, digest

PART_ROWS = 16_384
"""Documents of a part on average, and at most four times as many: some 10 to 30 MB of signatures in memory."""

PROBLEMS_KEPT = 1_000
"""Problems of an input that are told line by line; all are counted."""

SIGNED = schemas.SIGNATURES | {"line": pl.Int64}
"""`schemas.SIGNATURES` of the documents of a part, in their order, and each one's line in the input, counted from 1."""

SIGNATURES = Address("", "signatures", "")


@dataclass(frozen=True)
class Input:
    """A file, under the name it has in the results."""

    name: str
    path: Path


@dataclass(frozen=True)
class Signed:
    """What an input came to. `key` is the digest of its bytes and of all that decides a signature."""

    name: str
    key: str
    documents: int
    text_bytes: int
    parts: tuple[FileRef, ...]
    names: tuple[str, ...]
    """Of the parts, each another."""
    problems: tuple[Problem, ...]
    """The first `PROBLEMS_KEPT` of them."""
    refused: Mapping[str, int]
    """All of them, by kind."""
    failed: str | None = None
    """Why the input as a whole is left out."""

    def to_bytes(self) -> bytes:
        return canonical(asdict(self))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        record = json.loads(content)
        parts = tuple(FileRef(**part) for part in record.pop("parts"))
        names = tuple(record.pop("names"))
        problems = tuple(Problem(**problem) for problem in record.pop("problems"))
        return cls(**record, parts=parts, names=names, problems=problems)

    @classmethod
    def left_out(cls, name: str, key: str, error: Quarantine) -> Self:
        """An input that could not be read."""
        return cls(name, key, 0, 0, (), (), (), {}, failed=f"{error.cause} {error.remedy}")


def input_key(sha256: str, columns: Columns) -> str:
    """Equal keys mean equal signatures."""
    parts = {"rows": PART_ROWS, "schema": list(SIGNED)}
    return digest([sha256, asdict(columns), signatures.VERSION, signatures.PARAMETERS, parts])


def file_digest(path: Path) -> str:
    """SHA-256 of the bytes; Quarantine where they cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Quarantine(f"The file cannot be read: {error}", remedy="Put it back, or leave it out.") from error


def sign(store: Store, given: Input, key: str, columns: Columns, threads: int = 1) -> Signed:
    """Sign all documents of an input and write its parts, in memory for one part. Does not raise for what is in the file."""
    parts = _Parts(store)
    problems: list[Problem] = []
    refused: Counter[str] = Counter()
    try:
        for batch in read(given.path, columns):
            problems += batch.problems[: PROBLEMS_KEPT - len(problems)]
            refused.update(problem.reason.partition(":")[0] for problem in batch.problems)
            parts.add(batch, threads)
    except Quarantine as error:
        return Signed.left_out(given.name, key, error)
    files, names = parts.close()
    counted = dict(sorted(refused.items()))
    return Signed(given.name, key, parts.documents, parts.bytes, files, names, tuple(problems), counted)


class _Parts:
    """Signs batches and cuts them into part files."""

    def __init__(self, store: Store):
        self._store = store
        self._pending: list[pl.DataFrame] = []
        self._rows = 0
        self._files: list[FileRef] = []
        self._names: list[str] = []
        self._begin = 0  # hash of the id before the part
        self._begun: Counter[int] = Counter()
        self.documents = 0
        self.bytes = 0

    def add(self, batch: Batch, threads: int) -> None:
        frame = _frame(batch, threads)
        self.documents += frame.height
        self.bytes += batch.bytes
        start = 0
        for row, identity in enumerate(batch.ids):
            self._rows += 1
            hashed = xxhash.xxh3_64_intdigest(identity.encode())
            if self._rows >= 4 * PART_ROWS or hashed % PART_ROWS == 0:
                self._pending.append(frame[start : row + 1])
                self._flush()
                start, self._begin = row + 1, hashed
        self._pending.append(frame[start:])

    def _flush(self) -> None:
        frame = pl.concat(self._pending) if self._pending else pl.DataFrame(schema=SIGNED)
        if frame.height:
            self._files.append(self._store.write_part(SIGNATURES, frame))
            self._begun[self._begin] += 1
            again = self._begun[self._begin]  # an id may stand twice
            self._names.append(f"{self._begin:016x}" + (f"-{again}" if again > 1 else ""))
        self._pending, self._rows = [], 0

    def close(self) -> tuple[tuple[FileRef, ...], tuple[str, ...]]:
        """The files of the parts, and their names."""
        self._flush()
        return tuple(self._files), tuple(self._names)


def _frame(batch: Batch, threads: int) -> pl.DataFrame:
    signed = signatures.sign_texts(batch.texts, threads)
    columns: Mapping[str, Any] = {
        "id": batch.ids,
        "norm_hash": signed.norm_hashes,
        "shingles": signed.shingles,
        "signature": [row.tobytes() for row in signed.signatures.astype("<u4", copy=False)],
        "line": batch.lines,
    }
    return pl.DataFrame(columns, schema=SIGNED)
