"""Tar archives from strangers, read in one pass: regular files only, by safe names, within bounds, whole.

What belongs here: deciding whether an archive can be trusted to be read at all. What may not: writing its members
anywhere, or knowing what they mean. Nothing is ever unpacked by the archive's own names.

An archive is refused as a whole where one member is not an ordinary file or directory inside it: no honest snapshot
has such a member, and a half-read one would look like a withdrawal. Names follow the rules of PEP 706's `data` filter,
sharpened: no links at all.
"""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Self, cast

from pile_assets.errors import Quarantine

CHUNK = 256 * 1024
LONGEST_NAME = 1_024
LARGEST_HEADER = 1024 * 1024
"""Bytes of one extended header (long names, pax records). tarfile reads such a header into memory as a whole."""

REMEDY = "Do not unpack this archive by hand. What is held stays as it is; report the archive to its publisher or use a mirror."


@dataclass(frozen=True)
class Bounds:
    """How much an archive may hold: `total` bytes after decompression, headers included, and `members` entries."""

    total: int
    members: int = 1_000_000


@dataclass(frozen=True)
class Member:
    """One regular file. Its bytes can be had once, before the next member is asked for."""

    name: str  # relative, forward slashes, no empty, "." or ".." part
    size: int
    stream: IO[bytes]

    def chunks(self) -> Iterator[bytes]:
        """The bytes in pieces of at most CHUNK. Raises Quarantine where the archive ends before they do."""
        with _explained():
            while piece := self.stream.read(CHUNK):
                yield piece


def members(path: Path, bounds: Bounds) -> Iterator[Member]:
    """The regular files of a tar archive, plain or compressed with gzip, bzip2 or xz, in archive order.

    Raises Quarantine where the archive is damaged, truncated, larger than its bounds, or holds what it should not.
    """
    with _explained(), path.open("rb") as packed, _decompressed(packed) as unpacked:
        counted = _Counted(unpacked, bounds.total)
        seen: set[str] = set()
        with tarfile.open(fileobj=cast(BinaryIO, counted), mode="r|", bufsize=CHUNK, tarinfo=_BoundedInfo) as archive:
            for number, info in enumerate(archive, start=1):
                if number > bounds.members:
                    raise _refused(f"The archive holds more than {bounds.members} members.")
                name = _checked_name(info)
                if info.isdir():
                    continue
                if not info.isreg() or info.issparse():
                    raise _refused(f"The archive member {name!r} is a {_kind(info)}, not an ordinary file.")
                if name in seen:
                    raise _refused(f"The archive holds {name!r} twice.")
                seen.add(name)
                stream = archive.extractfile(info)
                assert stream is not None, "extractfile() of a regular file"
                yield Member(name, info.size, stream)
        if not seen:
            raise _refused("The archive holds no file at all.")
        counted.finish()


def _checked_name(info: tarfile.TarInfo) -> str:
    name = info.name.removeprefix("./")
    parts = name.split("/")
    unsafe = (
        len(name) > LONGEST_NAME
        or "\\" in name
        or ":" in parts[0]
        or any(part in ("", ".", "..") for part in parts)
        or any(character < " " or "\ud800" <= character <= "\udfff" for character in name)
    )
    if unsafe and not (info.isdir() and name in ("", ".")):
        raise _refused(
            f"The archive names a member {info.name[:120]!r}, which points outside the archive or cannot be a file name."
        )
    return name


def _kind(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return f"link to {info.linkname[:120]!r}"
    return "device or pipe" if info.isdev() else "special entry"


_EXTENDED = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class _BoundedInfo(tarfile.TarInfo):
    """Refuses an extended header that would not fit in memory, before tarfile reads it."""

    def _proc_member(self, archive: tarfile.TarFile) -> Self:
        if self.type in _EXTENDED and self.size > LARGEST_HEADER:
            raise _refused(f"The archive has an extended header of {self.size} bytes.")
        return cast(Self, super()._proc_member(archive))  # type: ignore[misc]


class _Counted:
    """A stream that ends with an error where the decompressed bytes exceed their bound."""

    def __init__(self, stream: IO[bytes], total: int):
        self._stream, self._total, self._read, self._tail = stream, total, 0, b""

    def read(self, size: int) -> bytes:
        piece = self._stream.read(min(size, self._total - self._read + 1))
        self._read += len(piece)
        if self._read > self._total:
            raise _refused(f"The archive unpacks to more than {self._total} bytes.")
        self._tail = (self._tail + piece)[-tarfile.BLOCKSIZE :]
        return piece

    def finish(self) -> None:
        """Read what follows the last member: the end-of-archive mark, and the checksum of the compressed stream.

        tarfile takes an archive that was cut between two members for a whole one.
        """
        while self.read(CHUNK):
            pass
        if self._tail.strip(b"\0"):
            raise _refused("The archive is cut off: it has no end-of-archive mark.")


def _decompressed(packed: BinaryIO) -> IO[bytes]:
    magic = packed.read(6)
    packed.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=packed))
    if magic.startswith(b"BZh"):
        return cast(IO[bytes], bz2.BZ2File(packed))
    if magic.startswith(b"\xfd7zXZ\x00"):
        return cast(IO[bytes], lzma.LZMAFile(packed))
    return packed


@contextmanager
def _explained() -> Iterator[None]:
    """Damage in the words of an operator. The decompressors report it as OSError too, but without an error number."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise _refused(f"The archive is damaged or cut off ({error}).") from error
    except OSError as error:
        if error.errno is not None:
            raise
        raise _refused(f"The archive is damaged or cut off ({error}).") from error


def _refused(cause: str) -> Quarantine:
    return Quarantine(cause, remedy=REMEDY)
