"""Documents of JSON lines and Parquet files, a batch at a time; what cannot be read is named by line and left out.

What belongs here: the formats, and what makes a line no document. What may not: what is done with the documents.

JSON lines (`.jsonl`, `.json`, `.ndjson`) may be compressed by gzip (`.gz`) or Zstandard (`.zst`), in several members or
frames. Of a line only the columns of the id and the text are looked at. An id is a string or an integer.
"""

import io
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import zstandard

from pile_assets.errors import Quarantine

BATCH_BYTES = 256 * 1024
"""Text gathered before it is passed on: with all that is made of it, no more than fits into a core's own cache."""

PACKED_BYTES = 128 * 1024
"""Read of a compressed file at once."""

BATCH_ROWS = 2_048
"""Rows of a Parquet file read at once."""

LINE_BYTES = 256 * 1024 * 1024
"""A longer line is not read: it could only be hostile or broken, and it would have to fit into memory."""

ENDINGS = (".jsonl", ".json", ".ndjson")
COMPRESSIONS = ("", ".gz", ".zst")
PARQUET = ".parquet"
SUPPORTED = (*(ending + compression for ending in ENDINGS for compression in COMPRESSIONS), PARQUET)


@dataclass(frozen=True)
class Columns:
    """Where a document's id and text stand."""

    id: str = "id"
    text: str = "text"


@dataclass(frozen=True)
class Problem:
    """A line (of Parquet, a row), counted from 1, that is no document."""

    line: int
    reason: str


@dataclass
class Batch:
    """Successive documents, column by column."""

    ids: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bytes: int = 0

    def add(self, line: int, identity: Any, text: Any) -> None:
        """One document, or a problem where the values are none."""
        if isinstance(identity, int) and not isinstance(identity, bool):
            identity = str(identity)
        if not isinstance(identity, str) or not identity:
            return self.refuse(line, "no id" if identity in (None, "") else "the id is neither a string nor an integer")
        if not isinstance(text, str):
            return self.refuse(line, "no text" if text is None else "the text is not a string")
        try:
            identity.encode()
            encoded = text.encode()
        except UnicodeEncodeError:
            return self.refuse(line, "half a surrogate pair, which is no text")
        self.ids.append(identity)
        self.lines.append(line)
        self.texts.append(encoded)
        self.bytes += len(encoded)
        return None

    def refuse(self, line: int, reason: str) -> None:
        self.problems.append(Problem(line, reason))


def read(path: Path, columns: Columns) -> Iterator[Batch]:
    """All documents of a file in order. Raises Quarantine where the file as a whole cannot be read to its end."""
    try:
        yield from _read_parquet(path, columns) if path.name.endswith(PARQUET) else _read_lines(path, columns)
    except FileNotFoundError as error:
        raise Quarantine("The file is gone.", remedy="Put it back, or leave it out.") from error
    except (OSError, EOFError, zlib.error, zstandard.ZstdError, pl.exceptions.PolarsError) as error:
        raise Quarantine(
            f"The file cannot be read to its end: {error}",
            remedy="Fetch or write it again. Until then it counts as if it were not there.",
        ) from error


class _Zstandard(io.RawIOBase):
    """The frames of a file, one after the other. Raises EOFError where the last is cut off; the library would pass over it."""

    def __init__(self, path: Path):
        self._file = open(path, "rb")  # noqa: SIM115
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._left = b""
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            packed = self._left or self._file.read(io.DEFAULT_BUFFER_SIZE * 16)
            if not packed:
                if self._frame is not None:
                    raise EOFError("the last frame is cut off")
                return 0
            frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._ready = memoryview(frame.decompress(packed))
            self._left = frame.unused_data
            self._frame = None if frame.eof else frame
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Gzip(io.RawIOBase):
    """The members of a file, one after the other: as much as there is room for at once, which `gzip` does not.

    The GIL is free while bytes are unpacked; in the small pieces of `gzip`, threads would mostly wait to have it back.
    Raises EOFError where the last member is cut off, and zlib.error for what is none or has another checksum.
    """

    def __init__(self, path: Path):
        self._file = open(path, "rb")  # noqa: SIM115
        self._member: Any = None  # zlib.decompressobj, None between members
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = 0
        while not count:
            packed, self._left = self._left or self._file.read(PACKED_BYTES), b""
            if self._member is None:
                if not packed:
                    return 0
                packed = packed.lstrip(b"\0")  # members may be padded to whole blocks
                if not packed:
                    continue
                self._member = zlib.decompressobj(wbits=31)
            count = self._unpack(packed, buffer)
        return count

    def _unpack(self, packed: bytes, buffer: Any) -> int:
        """Fill in what some packed bytes give, or where there are none, what zlib still holds."""
        member = self._member
        try:
            content = member.decompress(packed, len(buffer))
        except zlib.error as error:
            raise zlib.error(f"no gzip, or a damaged one ({error})") from error
        if not packed and not content and not member.eof:
            raise EOFError("the last member is cut off before its end")
        self._left = member.unused_data if member.eof else member.unconsumed_tail
        self._member = None if member.eof else member
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()


def _open(path: Path) -> BinaryIO:
    if path.name.endswith(".zst"):
        return io.BufferedReader(_Zstandard(path), BATCH_BYTES)
    if path.name.endswith(".gz"):
        return io.BufferedReader(_Gzip(path), BATCH_BYTES)
    return open(path, "rb", buffering=BATCH_BYTES)


def _read_lines(path: Path, columns: Columns) -> Iterator[Batch]:
    batch = Batch()
    with _open(path) as lines:
        for number, line in enumerate(iter(lambda: lines.readline(LINE_BYTES), b""), 1):
            if len(line) == LINE_BYTES:
                raise Quarantine(
                    f"Line {number} is longer than {LINE_BYTES:,} bytes.",
                    remedy="Write one document a line. Until then the file counts as if it were not there.",
                )
            _add_line(batch, number, line, columns)
            if batch.bytes >= BATCH_BYTES:
                yield batch
                batch = Batch()
    yield batch


def _add_line(batch: Batch, number: int, line: bytes, columns: Columns) -> None:
    if not line.strip():
        return None
    try:
        record = json.loads(line)
    except UnicodeDecodeError:
        return batch.refuse(number, "not UTF-8")
    except json.JSONDecodeError as error:
        return batch.refuse(number, f"not JSON: {error.msg}, at character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        return batch.refuse(number, f"not JSON: {error}")
    if not isinstance(record, dict):
        return batch.refuse(number, "not a JSON object")
    return batch.add(number, record.get(columns.id), record.get(columns.text))


def _read_parquet(path: Path, columns: Columns) -> Iterator[Batch]:
    schema = pl.read_parquet_schema(path)
    if missing := [name for name in (columns.id, columns.text) if name not in schema]:
        raise Quarantine(
            f"There is no column {' and no column '.join(missing)}; there are {', '.join(schema)}.",
            remedy="Name the columns with --id-column and --text-column.",
        )
    rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    for start in range(0, rows, BATCH_ROWS):
        wanted = pl.scan_parquet(path, glob=False).select(id=columns.id, text=columns.text).slice(start, BATCH_ROWS).collect()
        batch = Batch()
        for number, (identity, text) in enumerate(wanted.iter_rows(), start + 1):
            batch.add(number, identity, text)
        yield batch
