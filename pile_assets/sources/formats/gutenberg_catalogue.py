"""The daily catalogue of Project Gutenberg, a gzipped CSV with one row per ebook.

What belongs here: reading its rows within bounds. What may not: choosing among them, or anything about licences: the
catalogue does not state rights, the RDF record of each book does.
"""

import csv
import gzip
import hashlib
import io
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pile_assets.errors import Quarantine

LARGEST = 512 * 1024 * 1024
"""Bytes, unpacked. The catalogue of some 77,000 books has about 20 MB."""

_COLUMNS = ("Text#", "Type", "Language")
_REMEDY = "What is held stays as it is, nothing is withdrawn. Run `pile build` again later; if it stays so, use a mirror."


@dataclass(frozen=True)
class Row:
    """One ebook. `digest` is a hash over the whole row, so that any change of it shows."""

    number: int
    kind: str  # "Text", "Sound", ...
    languages: frozenset[str]
    digest: str


def read_rows(path: Path) -> Iterator[Row]:
    """The rows in the order of the file. Raises Quarantine where it is damaged, cut off, too large or something else."""
    try:
        with path.open("rb") as packed, gzip.GzipFile(fileobj=packed) as unpacked:
            bounded = cast(IO[bytes], io.BufferedReader(_Bounded(unpacked)))
            with io.TextIOWrapper(bounded, encoding="utf-8-sig", newline="") as lines:
                yield from _rows(csv.reader(lines))
    except (EOFError, zlib.error, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as error:
        raise Quarantine(f"The catalogue is damaged or cut off ({error}).", remedy=_REMEDY) from error


def _rows(reader: Iterator[list[str]]) -> Iterator[Row]:
    header = next(reader, [])
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise Quarantine(f"The catalogue has no column named {', '.join(missing)}.", remedy=_REMEDY)
    number, kind, language = (header.index(name) for name in _COLUMNS)
    for fields in filter(None, reader):  # a blank line is no row
        if len(fields) != len(header) or not re.fullmatch(r"\d{1,6}", fields[number]):
            raise Quarantine(f"The catalogue has a row that is none: {fields[:2]!r}.", remedy=_REMEDY)
        languages = frozenset(code for code in re.split(r"[;,\s]+", fields[language]) if code)
        digest = hashlib.sha256(json.dumps(fields).encode()).hexdigest()
        yield Row(int(fields[number]), fields[kind], languages, digest)


class _Bounded(io.RawIOBase):
    """Ends with an error where the unpacked bytes exceed LARGEST."""

    def __init__(self, stream: gzip.GzipFile):
        self._stream, self._read = stream, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        self._read += len(piece)
        if self._read > LARGEST:
            raise Quarantine(f"The catalogue unpacks to more than {LARGEST} bytes.", remedy=_REMEDY)
        buffer[: len(piece)] = piece
        return len(piece)
