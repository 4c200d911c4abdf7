"""Source files and their documentation as they lie on a disk: media types, hashes, and bytes to text.

Shared by the sources that read an installed Python. No licences and no knowledge of what the files belong to.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from pile_assets.sources.formats import text_encoding

MEDIA_TYPES: Mapping[str, str] = {
    ".c": "text/x-c",
    ".cc": "text/x-c++",
    ".cpp": "text/x-c++",
    ".h": "text/x-c",
    ".hpp": "text/x-c++",
    ".md": "text/markdown",
    ".pxd": "text/x-cython",
    ".pxi": "text/x-cython",
    ".py": "text/x-python",
    ".pyi": "text/x-python",
    ".pyx": "text/x-cython",
    ".rst": "text/x-rst",
    ".txt": "text/plain",
}
"""Suffix to media type of the files that can be documents; anything else is not read."""

_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


def media_type(path: str) -> str | None:
    """The media type of a path by its suffix; None where such files are not read."""
    return MEDIA_TYPES.get(PurePosixPath(path).suffix.lower())


def decode(content: bytes, kind: str) -> str:
    """The text of a file of media type `kind`. Raises `text_encoding.WrongEncoding`.

    Python source is UTF-8 unless one of its first two lines declares another encoding (PEP 263).
    """
    declared = "utf-8"
    if kind in ("text/x-python", "text/x-cython"):
        found = (_CODING.match(line) for line in content[:500].splitlines()[:2])
        declared = next((match[1].decode() for match in found if match), declared)
    return text_encoding.decode(content, declared)


def version_of(files: Iterable[tuple[str, str]]) -> str:
    """One hash over (path, sha256) pairs, whatever their order: what identifies a set of files by its bytes."""
    lines = (f"{path}\0{sha256}\n" for path, sha256 in sorted(files))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
