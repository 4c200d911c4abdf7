"""The standard library of the running interpreter: source files and plain documentation, one partition per X.Y series.

Local files only, and nothing that was installed into it. Folders of tests are captured and left out with a reason; they
are two thirds of the bytes and teach little. The licence is what the library's own LICENSE.txt says, unless a file's
head says otherwise for that file.
"""

import hashlib
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from pile_assets.errors import Quarantine
from pile_assets.licensing import accepted, claims, headers, texts, verdict
from pile_assets.licensing.model import Claim, Reading
from pile_assets.sources.formats import source_files, text_encoding
from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, SourceContext, Upstream
from pile_assets.sources.options import Options, read_options
from pile_assets.store import file_sha256

VERSION = "1"
LIBRARIES = ("license-expression",)
HOST: str | None = None

LICENCE = "LICENSE.txt"
HOLDER = "Python Software Foundation"
LONGEST_CREDIT = 500
"""Characters of an attribution line."""

SUFFIXES = frozenset({".py", ".txt", ".md", ".rst"})
FEWEST = 20
"""Files. Below this the library is stripped or lies in an archive, and is no source."""

_LEFT_OUT = frozenset({"__pycache__", "dist-packages", "lib-dynload", "site-packages"})
_TESTS = frozenset({"idle_test", "test", "tests"})
_STACK = frozenset({"Python-2.0.1", "PSF-2.0"})


class LibraryOptions(Options):
    """`stdlib`: the folder of the running series' library, where it is not the interpreter's own."""

    ASKING = frozenset({"stdlib"})

    stdlib: Path | None = None


OPTIONS: type[Options] = LibraryOptions


def discover(context: SourceContext) -> Discovery:
    """The running series with the hash of its files; no partition, and a note, where the library is not there as files."""
    stdlib = _folder(context)
    files = _files(stdlib)
    if len(files) < FEWEST:
        return Discovery({}, notes=(f"The standard library is not installed as source files in {stdlib}.",))
    version = _version((path, file_sha256(place)) for path, place in files.items())
    size = sum(place.stat().st_size for place in files.values())
    return Discovery({_key(): Upstream(version, len(files), size, _url(""))})


def _folder(context: SourceContext) -> Path:
    return read_options(context, LibraryOptions).stdlib or Path(sysconfig.get_paths()["stdlib"])


def _key() -> str:
    return f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"


def _version(files: Iterable[tuple[str, str]]) -> str:
    return f"{platform.python_version()}:{source_files.version_of(files)}"


def _url(path: str) -> str:
    """The package URL (purl specification) of the interpreter's release, or of one of its files."""
    release = f"pkg:generic/{sys.implementation.name}@{quote(platform.python_version())}"
    return f"{release}#{quote(path)}" if path else release


def _files(stdlib: Path) -> dict[str, Path]:
    """The library's own text files by path, sorted; LICENSE.txt may lie beside the library (Windows) instead of in it."""
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(stdlib):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        places = (Path(folder) / name for name in names if PurePosixPath(name).suffix in SUFFIXES)
        found |= {place.relative_to(stdlib).as_posix(): place for place in places}
    beside = stdlib.parent / LICENCE
    if LICENCE not in found and beside.is_file():
        found[LICENCE] = beside
    return dict(sorted(found.items()))


def fetch(context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
    """The library's files. Raises Quarantine where they cannot be read, are too large, or changed since discovery."""
    if partition != _key():
        raise _quarantine(context, partition, f"The interpreter that runs now is {_key()}.")
    try:
        files = _files(_folder(context))
        _check_size(context, partition, sum(place.stat().st_size for place in files.values()))
        contents = [(path, place.read_bytes()) for path, place in files.items()]
    except OSError as error:
        raise _quarantine(context, partition, f"Its files cannot be read: {error}.") from error
    if _version((path, hashlib.sha256(content).hexdigest()) for path, content in contents) != upstream.version:
        raise _quarantine(context, partition, "Its files changed between discovery and reading.")
    for path, content in contents:
        yield RawFile(path, _url(path), content)


def _quarantine(context: SourceContext, partition: str, cause: str, remedy: str = "") -> Quarantine:
    look = "Look at the Python installation, then run the build again; the last good version is kept meanwhile."
    return Quarantine(cause, remedy=remedy or look, source=context.source, partition=partition)


def _check_size(context: SourceContext, partition: str, size: int) -> None:
    if size > context.partition_bytes:
        cause = f"Its files take {size} bytes, the cap is {context.partition_bytes}."
        raise _quarantine(context, partition, cause, f"Raise size_cap.partition_bytes in {context.source}.yaml.")


def documents(context: SourceContext, partition: str, raw: Iterable[RawFile]) -> Iterator[Document | Skipped]:
    """One document per file of the library proper, with its verdict.

    The library's files (about 32 MB) are held together in memory, because the licence file comes in the middle of them.
    """
    files = list(raw)
    licence = next((file for file in files if file.path == LICENCE), None)
    text = licence.content.decode("utf-8", errors="replace") if licence else ""
    own = _library_claims(licence, text) + claims.bundled((file.path for file in files), ())
    notices = headers.notices(text)
    for file in files:
        yield _document(context, partition, file, own, notices)


def _library_claims(licence: RawFile | None, text: str) -> tuple[Claim, ...]:
    """What LICENSE.txt says of the library: the stack of Python licences, whatever else is listed for bundled binaries."""
    if licence is None:
        return ()
    reading = texts.recognise(text)
    stack = next((identifier for identifier in texts.find(text).licences if identifier in _STACK), None)
    if stack is not None:
        reading = Reading("resolved", "licence-text", stack)
    sha256 = hashlib.sha256(licence.content).hexdigest()
    return (Claim("whole", "", " ".join(text.split())[:200], reading, "rightsholder", LICENCE, sha256),)


def _document(
    context: SourceContext, partition: str, file: RawFile, own: tuple[Claim, ...], notices: tuple[str, ...]
) -> Document | Skipped:
    """The file as a document, or the reason why it is none."""
    kind = source_files.media_type(file.path) or ""
    if claims.is_licence_file(file.path):
        return Skipped(file.path, "licence-file")
    if _TESTS.intersection(PurePosixPath(file.path).parts[:-1]):
        return Skipped(file.path, "test-folder")
    if len(file.content) > context.document_bytes:
        return Skipped(file.path, "too-large", f"{len(file.content)} bytes, the cap is {context.document_bytes}")
    try:
        text = source_files.decode(file.content, kind)
    except text_encoding.WrongEncoding as error:
        return Skipped(file.path, "not-utf8", str(error))
    if not text.strip():
        return Skipped(file.path, "empty")
    sha256 = hashlib.sha256(file.content).hexdigest()
    given = verdict.decide(file.path, (*headers.claims(file.path, text, kind, sha256), *own))
    attribution = None
    if given.accepted and given.spdx and accepted.judge(given.spdx).attribution:
        lines = headers.copyright_lines(text, kind) or notices
        attribution = "; ".join((HOLDER, *lines))[:LONGEST_CREDIT]
    return Document(
        f"{partition}/{file.path}",
        file.url,
        kind,
        text,
        given,
        file.path,
        sha256,
        title=file.path,
        author=HOLDER,
        attribution=attribution,
    )
