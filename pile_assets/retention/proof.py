"""Looking whether certain bytes are anywhere in the store, in whatever wrapping. Nothing here removes anything.

Every file under PILE_HOME is read: column values of Parquet files as they are once decoded; what is inside gzip, bzip2, xz,
zstd, zip and tar, also in values of columns and in one another; anything else as bytes. A text is also looked for as JSON, XML
and HTML write it. What could not be looked into, wrappings that nothing here opens among it, is listed, since a search that
skipped it would prove nothing.
"""

import bz2
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import polars as pl
import zstandard

from pile_assets.retention.redaction import spellings
from pile_assets.store import Store, canonical

DEPTH = 4
"""Wrappings inside one another that are opened, e.g. a gzip in a tar in a gzip."""
UNPACKED_BYTES = 8 * 1024**3
"""Bytes that are unpacked of one file at most: a bomb must not fill the disk."""
CHUNK = 1 << 20
IN_MEMORY = 16 * 1024 * 1024
DIGESTS = frozenset({"norm_hash", "signature"})
"""Columns of hashes: they wrap nothing, and one in some millions begins as if it did."""
NOT_OPENED = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d\x90": "compress",
    b"PAR1": "Parquet inside another file",
}
"""First bytes of what packs a text so that its bytes cannot be seen, and is not unpacked here, by its specification."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Trace:
    """Where something was found: file under PILE_HOME, column or member inside it, and the row's document id if it has one."""

    needle: str
    file: str
    inside: str
    document: str | None = None


@dataclass
class Search:
    """What a search found, what it could not look into and why, and how many files it read."""

    traces: list[Trace] = field(default_factory=list)
    unsearched: list[str] = field(default_factory=list)
    files: int = 0

    @property
    def clean(self) -> bool:
        """Whether it is proven that nothing is left."""
        return not self.traces and not self.unsearched


def search(
    store: Store,
    needles: Mapping[str, str | bytes],
    progress: Progress = lambda what, done, total: None,
    *,
    beside: Collection[Path] = (),
) -> Search:
    """Look for every needle, given by a name of its own; text in all its spellings, bytes as they are. The files `beside` are
    where the needles are kept.

    A needle should be long enough not to occur by chance: a line of the text, a signature.
    """
    wanted = [(name, spelt) for name, needle in needles.items() for spelt in _spelt(needle)]
    found = Search()
    everywhere = (path for path in store.home.rglob("*") if path.is_file() and not path.is_symlink())
    files = sorted(path for path in everywhere if path not in beside)
    for done, path in enumerate(files):
        progress(f"searching {path.name}", done, len(files))
        _File(found, str(path.relative_to(store.home)), wanted).search(path)
    found.files = len(files)
    return found


def _spelt(needle: str | bytes) -> list[bytes]:
    forms = spellings(needle) if isinstance(needle, str) else [needle]
    if not forms or min(map(len, forms)) < 4:
        raise ValueError("a needle of fewer than four bytes is found everywhere")
    return forms


class _File:
    """The search through one file."""

    def __init__(self, found: Search, name: str, wanted: list[tuple[str, bytes]]):
        self._found, self._name, self._wanted = found, name, wanted
        self._longest = max(len(spelt) for _, spelt in wanted)
        self._budget = UNPACKED_BYTES

    def search(self, path: Path) -> None:
        try:
            if path.suffix == ".parquet":
                self._parquet(path)
            else:
                with open(path, "rb") as handle:
                    self._stream(handle, "", None, DEPTH)
        except (OSError, EOFError, pl.exceptions.PolarsError) as error:
            self._found.unsearched.append(f"{self._name}: {error}")

    def _parquet(self, path: Path) -> None:
        columns = list(pl.read_parquet_schema(path))
        ids = pl.read_parquet(path, columns=["id"], glob=False)["id"].to_list() if "id" in columns else None
        for column in columns:
            for row, value in enumerate(pl.read_parquet(path, columns=[column], glob=False)[column]):
                if isinstance(value, bytes) and column not in DIGESTS:
                    self._stream(io.BytesIO(value), column, ids[row] if ids else None, DEPTH)
                elif value is not None and not isinstance(value, int | float):
                    self._bytes(value if isinstance(value, bytes) else _as_bytes(value), column, ids[row] if ids else None)

    def _stream(self, handle: IO[bytes], inside: str, document: str | None, depth: int) -> None:
        """Search a seekable stream, then what it wraps."""
        overlap = b""
        while chunk := handle.read(CHUNK):
            self._bytes(overlap + chunk, inside, document)
            overlap = (overlap + chunk)[1 - self._longest :]
        try:
            for member, content in _members(handle):
                if depth == 0:
                    raise OSError(f"{inside}: wrapped more than {DEPTH} times")
                with tempfile.SpooledTemporaryFile(IN_MEMORY) as unpacked:
                    while chunk := content.read(CHUNK):
                        self._budget -= len(chunk)
                        if self._budget < 0:
                            raise OSError(f"{inside}: unpacks to more than {UNPACKED_BYTES} bytes")
                        unpacked.write(chunk)
                    unpacked.seek(0)
                    self._stream(unpacked, f"{inside}/{member}", document, depth - 1)
        except _UNREADABLE as error:
            self._found.unsearched.append(f"{self._name}: {inside}: {error}")

    def _bytes(self, content: bytes, inside: str, document: str | None) -> None:
        for needle, spelt in self._wanted:
            if spelt in content:
                trace = Trace(needle, self._name, inside, document)
                if trace not in self._found.traces:
                    self._found.traces.append(trace)


_UNREADABLE = (
    *(OSError, EOFError, RuntimeError, ValueError),
    *(lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error, zstandard.ZstdError),
)


def _as_bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return canonical(value.to_list() if isinstance(value, pl.Series) else value)


def _members(handle: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    """What a file wraps, by its first bytes; nothing for a file that is no archive."""
    handle.seek(0)
    head = handle.read(512)
    handle.seek(0)
    if head.startswith(b"\x1f\x8b\x08"):
        with gzip.GzipFile(fileobj=handle, mode="rb") as unpacked:
            yield "gzip", unpacked  # type: ignore[misc]
    elif head.startswith(b"BZh") and head[4:10] == b"1AY&SY":
        with bz2.BZ2File(handle) as unpacked:
            yield "bzip2", unpacked
    elif head.startswith(b"\xfd7zXZ\x00"):
        with lzma.LZMAFile(handle) as unpacked:
            yield "xz", unpacked
    elif head.startswith(b"\x28\xb5\x2f\xfd"):
        with zstandard.ZstdDecompressor().stream_reader(handle, read_across_frames=True, closefd=False) as unpacked:
            yield "zstd", unpacked
    elif head.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(handle) as archive:
            for entry in archive.infolist():
                yield entry.filename, archive.open(entry)
    elif head[257:262] == b"ustar":
        with tarfile.open(fileobj=handle, mode="r:") as tar:
            for member in tar:
                if (content := tar.extractfile(member)) is not None:
                    yield member.name, content
    elif name := next((name for magic, name in NOT_OPENED.items() if head.startswith(magic)), None):
        raise OSError(f"it is packed as {name}, which cannot be opened here")
