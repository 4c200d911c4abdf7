"""The Python Enhancement Proposals, from a snapshot of their git repository taken over HTTP.

What belongs here: which files of the snapshot are PEPs, how they fall into partitions, and what their header and their
Copyright section say. What may not: HTTP manners (`http`), reading archives (`formats.tarball`) or sentences
(`licensing.contexts.pep_copyright`).

Upstream is asked in two steps. The commit of the branch is one small conditional request; only when the commit is new is
its archive downloaded. A partition is a block of 100 PEP numbers ("pep-0400" holds 400 to 499), and its version is a
hash over names and SHA-256 of its PEPs: a commit that touches other files moves nothing. Pictures, appendices and code
beside a PEP are not documents: nothing in them states a licence.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from pile_assets.errors import PileError, Quarantine
from pile_assets.licensing import verdict
from pile_assets.licensing.extract import proposals
from pile_assets.licensing.model import Verdict
from pile_assets.sources.formats import restructured_text, tarball, text_encoding
from pile_assets.sources.http import Client
from pile_assets.sources.http_cache import Fetched, alone
from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, SourceContext, Upstream
from pile_assets.sources.options import BaseUrl, Options, read_options

VERSION = "1"
LIBRARIES: tuple[str, ...] = ()
HOST: str | None = "codeload.github.com"

LARGEST_ANSWER = 32 * 1024 * 1024
LARGEST_ARCHIVE = 256 * 1024 * 1024
"""Bytes. The description of a commit that touches every PEP is some megabytes; the archive of August 2026 has 7 MB."""

UNPACKED = tarball.Bounds(total=1024 * 1024 * 1024, members=50_000)

_PEP = re.compile(r"(?:peps/)?(pep-(\d{4})\.(?:rst|txt))")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ARCHIVE = "archive"


class PepOptions(Options):
    """`owner`, `repository` and `branch` name the git repository; the two addresses are GitHub's or a mirror's with the
    same layout: `/repos/{owner}/{repository}/commits/{branch}` and `/{owner}/{repository}/tar.gz/{commit}`."""

    ASKING = frozenset({"api_base_url", "archive_base_url", "branch", "wait_seconds"})

    api_base_url: BaseUrl = "https://api.github.com"
    archive_base_url: BaseUrl = "https://codeload.github.com"
    owner: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")] = "python"
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = "peps"
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = "main"
    wait_seconds: Annotated[float, Field(ge=0, le=3_600)] = 1.0  # between two requests to one host


OPTIONS: type[Options] = PepOptions


# -- upstream --------------------------------------------------------------------------------------------------------------


def discover(context: SourceContext) -> Discovery:
    """The PEPs of the branch's newest commit, by blocks of 100. Raises PileError where commit or archive cannot be had."""
    options = read_options(context, PepOptions)
    client = Client(context.source, context.cache / "http", interval=options.wait_seconds, wishes=context.wishes)
    try:
        snapshot = _snapshot(context.cache, options, client)
    except PileError as found:
        raise found.at(source=context.source) from found
    url = f"https://github.com/{options.owner}/{options.repository}"
    partitions = {
        key: Upstream(_version(files), len(files), sum(file.bytes for file in files), url)
        for key, files in sorted(snapshot.partitions().items())
    }
    return Discovery(partitions, notes=(f"commit {snapshot.commit}",))


def fetch(context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
    """The PEPs of one block, from the snapshot that discover() took; takes it again where the cache was deleted."""
    snapshot = _holding(context.cache, partition, upstream.version)
    if snapshot is None:
        with alone(context.cache):  # partitions are fetched side by side, and one of them takes the snapshot for all
            if (snapshot := _holding(context.cache, partition, upstream.version)) is None:
                discover(context)
                snapshot = _holding(context.cache, partition, upstream.version)
    if snapshot is None:
        raise PileError(
            "The repository has moved on since this version was discovered.",
            remedy="Run `pile build` again: it discovers first.",
            source=context.source,
            partition=partition,
        )
    for file in snapshot.partitions()[partition]:
        content = snapshot.content(file)
        if content is None:
            shutil.rmtree(snapshot.folder, ignore_errors=True)
            raise PileError(
                f"The unpacked snapshot in the cache is no longer whole: {file.name} is not what was downloaded.",
                remedy="Run `pile build` again: the snapshot is downloaded anew.",
                source=context.source,
                partition=partition,
            )
        yield RawFile(file.name, f"{snapshot.url}/{file.path}", content, {**snapshot.capture, "commit": snapshot.commit})


@dataclass(frozen=True)
class _File:
    name: str  # "pep-0008.rst"
    path: str  # in the repository
    sha256: str
    bytes: int


@dataclass(frozen=True)
class _Snapshot:
    """The PEPs of one commit, unpacked in a folder of the cache under names this module gave them."""

    folder: Path
    commit: str
    url: str  # under which the files of this commit can be looked at
    capture: Mapping[str, Any]
    files: tuple[_File, ...]  # sorted by name

    def content(self, file: _File) -> bytes | None:
        """The bytes of a PEP as they were unpacked; None where the cache was deleted or damaged since."""
        try:
            content = (self.folder / file.name).read_bytes()
        except FileNotFoundError:
            return None
        return content if hashlib.sha256(content).hexdigest() == file.sha256 else None

    def partitions(self) -> dict[str, list[_File]]:
        blocks: dict[str, list[_File]] = {}
        for file in self.files:
            blocks.setdefault(f"{file.name[:6]}00", []).append(file)
        return blocks


def _version(files: list[_File]) -> str:
    return hashlib.sha256(json.dumps([[file.name, file.sha256] for file in files]).encode()).hexdigest()


def _snapshot(cache: Path, options: PepOptions, client: Client) -> _Snapshot:
    commit = _commit(options, client)
    folder = cache / f"snapshot-{commit}"
    if (held := _read(folder)) is not None:
        return held
    archive = client.get(
        f"{options.archive_base_url}/{options.owner}/{options.repository}/tar.gz/{commit}",
        limit=LARGEST_ARCHIVE,
        pin=commit,
        slot=_ARCHIVE,
    )
    try:
        snapshot = _unpack(archive, folder, f"https://github.com/{options.owner}/{options.repository}/blob/{commit}", commit)
    finally:
        client.forget(_ARCHIVE)  # unpacked, or damaged: in either case it is of no more use
    for old in sorted(cache.glob("snapshot-*")):
        if old != folder:
            shutil.rmtree(old, ignore_errors=True)
    return snapshot


def _commit(options: PepOptions, client: Client) -> str:
    url = f"{options.api_base_url}/repos/{options.owner}/{options.repository}/commits/{options.branch}"
    answer = client.get(url, limit=LARGEST_ANSWER, accept="application/vnd.github+json")
    try:
        commit = json.loads(answer.read())["sha"]
    except (ValueError, KeyError, TypeError, RecursionError):
        commit = None
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise PileError(
            f"{url} does not name a commit.", remedy="Check options.api_base_url, owner, repository and branch of the record."
        )
    return commit


def _unpack(archive: Fetched, folder: Path, url: str, commit: str) -> _Snapshot:
    """Copy the PEPs out of the archive, whatever else it holds. The folder appears whole or not at all."""
    arriving = Path(tempfile.mkdtemp(dir=folder.parent, prefix="arriving-"))
    try:
        files = sorted(_copied(archive.path, arriving), key=lambda file: file.name)
        if not files:
            raise Quarantine(
                "The archive holds no file named like a PEP.",
                remedy="Look at the repository: if its layout has changed, this connector must follow; nothing is withdrawn.",
            )
        index = {"commit": commit, "url": url, "capture": dict(archive.facts), "files": [asdict(file) for file in files]}
        (arriving / "index.json").write_text(json.dumps(index, sort_keys=True))
        if _read(folder) is None:  # a discovery beside this one may have been quicker
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(arriving, folder)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
    return _Snapshot(folder, commit, url, archive.facts, tuple(files))


def _copied(archive: Path, folder: Path) -> Iterator[_File]:
    names: set[str] = set()
    for member in tarball.members(archive, UNPACKED):
        path = member.name.partition("/")[2]  # below the one folder that git archives start with
        match = _PEP.fullmatch(path)
        if match is None:
            continue
        if match[1] in names:
            raise Quarantine(f"The archive holds {match[1]} in two folders.", remedy=tarball.REMEDY)
        names.add(match[1])
        sha256, size = hashlib.sha256(), 0
        with (folder / match[1]).open("xb") as copy:
            for chunk in member.chunks():
                copy.write(chunk)
                sha256.update(chunk)
                size += len(chunk)
        yield _File(match[1], path, sha256.hexdigest(), size)


def _read(folder: Path) -> _Snapshot | None:
    try:
        index = json.loads((folder / "index.json").read_bytes())
        files = tuple(_File(**file) for file in index["files"])
        return _Snapshot(folder, index["commit"], index["url"], index["capture"], files)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _holding(cache: Path, partition: str, version: str) -> _Snapshot | None:
    """The unpacked snapshot whose block is at this version."""
    for folder in sorted(cache.glob("snapshot-*")):
        snapshot = _read(folder)
        if snapshot is not None and _version(snapshot.partitions().get(partition, [])) == version:
            return snapshot
    return None


# -- documents -------------------------------------------------------------------------------------------------------------


def documents(context: SourceContext, partition: str, raw: Iterable[RawFile]) -> Iterator[Document | Skipped]:
    """One document per PEP, or the reason why there is none."""
    read: set[str] = set()
    for file in raw:
        number = file.path[4:8]
        if number in read:
            yield _skipped(file, "second-copy", "This PEP is in the repository twice, and the .rst counts.")
            continue
        read.add(number)
        yield _document(context, file, number)


def _document(context: SourceContext, file: RawFile, number: str) -> Document | Skipped:
    if len(file.content) > context.document_bytes:
        return _skipped(file, "too-large", f"The file has {len(file.content)} bytes, the cap is {context.document_bytes}.")
    if not file.content.strip():
        return _skipped(file, "empty", "The file has no text.")
    try:
        text = text_encoding.decode(file.content, "utf-8")
    except text_encoding.WrongEncoding as error:
        return _skipped(file, "wrong-encoding", f"This is no text in UTF-8: {error}.")
    fields = restructured_text.header(text)
    if "PEP" not in fields:
        return _skipped(file, "no-header", "The file does not start with the header of a PEP.")
    plain = file.path.endswith(".txt")
    sha256 = hashlib.sha256(file.content).hexdigest()
    return Document(
        native_id=f"pep-{number}",
        url=f"https://peps.python.org/pep-{number}/",
        media_type="text/plain" if plain else "text/x-rst",
        text=text,
        verdict=_verdict(text, file.path, sha256, plain=plain),
        raw_path=file.path,
        raw_sha256=sha256,
        title=fields.get("Title") or None,
        author=_authors(fields.get("Author", "")),
        created=_created(fields.get("Created", "")),
    )


def _skipped(file: RawFile, reason: str, detail: str) -> Skipped:
    return Skipped(file.path, reason, f"{detail} Next: look at {file.url}; the other PEPs are not affected.", problem=True)


def _verdict(text: str, path: str, sha256: str, *, plain: bool) -> Verdict:
    """What the PEP's own Copyright sections say; a PEP without one says nothing about its licence."""
    if claims := proposals.of_pep(text, path, sha256, plain=plain):
        return verdict.decide(path, claims)
    found = (restructured_text.plain_sections if plain else restructured_text.sections)(text, "Copyright")
    detail = "its Copyright section is empty" if found else "it has no Copyright section"
    return verdict.hold(verdict.NOTHING_SAID, detail, f"pep-copyright:{'empty' if found else 'no-section'}")


def _authors(field: str) -> str | None:
    """Names without mail addresses, joined by "; ". Older headers write "address (Name)"."""
    names: list[str] = []
    for entry in re.sub(r"<[^<>]*>", "", field).split(","):
        bracketed = re.search(r"\(([^()]*)\)", entry) if "@" in entry else None
        name = (bracketed[1] if bracketed else entry).strip()
        if names and re.fullmatch(r"(?:Jr|Sr)\.?|I{1,3}", name):
            names[-1] += f", {name}"
        elif name and "@" not in name and name not in names:
            names.append(name)
    return "; ".join(names) or None


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _created(field: str) -> str | None:
    """ "05-Jul-2001" as an ISO 8601 day; None for anything else."""
    match = re.match(r"(\d{1,2})-([A-Za-z]{3})-(\d{4})\b", field)
    if match is None or match[2].lower() not in _MONTHS:
        return None
    try:
        return date(int(match[3]), _MONTHS.index(match[2].lower()) + 1, int(match[1])).isoformat()
    except ValueError:
        return None
