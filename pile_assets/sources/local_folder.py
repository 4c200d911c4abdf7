"""A folder of an operator's own documents: one JSONL file is one partition.

    <path>/<partition>.jsonl        one JSON object a line: id, text, url, licence; optional title, author,
                                    attribution, created, media_type (default text/plain), and public_domain: the
                                    facts of `licensing.public_domain.Work` for a licence that asserts the public domain

What belongs here: that format. A line that cannot be used is skipped and counted with its number; the file is read as
text line by line, so a file of any size within the partition's cap is fine. `licence` is an SPDX expression or a
Creative Commons URL, said by whoever wrote the file; it is read by the closed table like any other statement.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pile_assets.errors import PileError, Quarantine
from pile_assets.licensing.model import Claim
from pile_assets.licensing.normalise import read
from pile_assets.licensing.public_domain import Work
from pile_assets.licensing.verdict import decide
from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, SourceContext, Upstream
from pile_assets.sources.options import Options, read_options
from pile_assets.store import KEY_PATTERN, file_sha256

VERSION = "2"
LIBRARIES: tuple[str, ...] = ()
HOST: str | None = None

SUFFIX = ".jsonl"


class FolderOptions(Options):
    """`path`: the folder, absolute, or relative to where the build is started."""

    ASKING = frozenset({"path"})

    path: Path


OPTIONS: type[Options] = FolderOptions


class Facts(BaseModel):
    """What the operator knows of a work's term, field by field as in `licensing.public_domain.Work`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    published: int | None = None
    country: str | None = None
    deaths: list[int | None] = []
    anonymous: bool = False
    unpublished: bool = False
    government: str | None = None
    renewed: bool | None = None
    notice: bool | None = None
    layers: bool = False
    kind: Literal["text", "image", "music", "recording", "film", "unknown"] = "text"

    def work(self) -> Work:
        return Work(**self.model_dump(exclude={"deaths"}), deaths=tuple(self.deaths))


class Line(BaseModel):
    """One document as the operator writes it."""

    model_config = ConfigDict(extra="ignore", strict=True)

    id: str = Field(min_length=1)
    text: str
    url: str = Field(min_length=1)
    licence: str = ""
    title: str | None = None
    author: str | None = None
    attribution: str | None = None
    created: str | None = None
    media_type: str = "text/plain"
    public_domain: Facts | None = None


def discover(context: SourceContext) -> Discovery:
    """The files of the folder, each by the hash of its bytes. Raises PileError where there is no such folder: an
    unmounted disk must not withdraw every document."""
    folder = read_options(context, FolderOptions).path
    if not folder.is_dir():
        raise PileError(
            f"There is no folder {folder}.",
            remedy="Mount or create it, or mend options.path; until then the source stays as it is.",
            source=context.source,
        )
    files = sorted(path for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    odd = [path.name for path in files if not KEY_PATTERN.fullmatch(path.stem)]
    notes = (f"left out, because the name cannot be a partition key: {', '.join(odd)}",) if odd else ()
    partitions = {
        path.stem: Upstream(file_sha256(path), bytes=path.stat().st_size, url=path.resolve().as_uri())
        for path in files
        if path.name not in odd
    }
    return Discovery(partitions, notes=notes)


def fetch(context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
    """The one file of the partition. Raises Quarantine where it is larger than the partition's cap, PileError where it
    is gone or has changed since it was discovered."""
    path = read_options(context, FolderOptions).path / f"{partition}{SUFFIX}"
    try:
        size = path.stat().st_size
        if size > context.partition_bytes:
            raise Quarantine(
                f"{path.name} has {size} bytes, more than the partition's cap of {context.partition_bytes}.",
                remedy="Split the file, or raise size_cap.partition_bytes in the record.",
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise PileError(f"{path.name} is gone.", remedy="Run again: it will be taken as withdrawn.") from error
    if hashlib.sha256(content).hexdigest() != upstream.version:
        raise PileError(f"{path.name} has changed since it was discovered.", remedy="Run again; finish writing it first.")
    yield RawFile(path.name, path.resolve().as_uri(), content)


def documents(context: SourceContext, partition: str, raw: Iterable[RawFile]) -> Iterator[Document | Skipped]:
    """The lines of each file as documents, in order; native id `<partition>/<id>`."""
    for file in raw:
        sha256 = hashlib.sha256(file.content).hexdigest()
        lines = file.content.splitlines()
        if not any(line.strip() for line in lines):
            yield Skipped(file.path, "empty")
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _document(context, partition, file, sha256, number, line)


def redact(file: RawFile, native_ids: Collection[str]) -> bytes:
    """The file without the lines of these documents; every other line stays, byte for byte."""
    partition = file.path.removesuffix(SUFFIX)
    kept = []
    for line in file.content.splitlines(keepends=True):
        try:
            name = json.loads(line)["id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            name = None
        if f"{partition}/{name}" not in native_ids:
            kept.append(line)
    return b"".join(kept)


def _document(
    context: SourceContext, partition: str, file: RawFile, sha256: str, number: int, line: bytes
) -> Document | Skipped:
    where = f"{file.path} line {number}"
    if len(line) > context.document_bytes:
        return Skipped(file.path, "too-large", f"{where}: {len(line)} bytes, the cap is {context.document_bytes}", problem=True)
    try:
        found = Line.model_validate(json.loads(line.decode()))
    except UnicodeDecodeError as error:
        return Skipped(file.path, "not-utf8", f"{where}: {error}", problem=True)
    except ValidationError as error:
        return Skipped(file.path, "malformed", f"{where}: {_fields(error.errors())}", problem=True)
    except (ValueError, RecursionError) as error:
        return Skipped(file.path, "not-json", f"{where}: {error}", problem=True)
    statement = read(found.licence, "url" if "://" in found.licence else "spdx")
    claim = Claim("whole", "", found.licence[:500], statement, "uploader", f"{where} licence", sha256)
    return Document(
        native_id=f"{partition}/{found.id}",
        url=found.url,
        media_type=found.media_type,
        text=found.text,
        verdict=decide(file.path, [claim] if found.licence else []),
        raw_path=file.path,
        raw_sha256=sha256,
        title=found.title,
        author=found.author,
        attribution=found.attribution or found.author,
        created=found.created,
        work=found.public_domain.work() if found.public_domain else None,
    )


def _fields(errors: Iterable[Any]) -> str:
    return "; ".join(f"{'.'.join(map(str, error['loc'])) or 'line'}: {error['msg']}" for error in errors)
