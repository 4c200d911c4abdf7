"""The store: immutable content-addressed files, small manifests as commit points, one lock.

What belongs here: where things lie under `PILE_HOME`, how they are written so that nothing half-written is ever
visible, and how they are read back. What may not: any knowledge of what a stage computes, of Dagster, or of time.

    PILE_HOME/
      format                                  the store's format version
      locks/store                             held shared by daemon runs, exclusively by `pile build`
      locks/<work>                            of one piece of work, held by whoever does it
      state/                                  primary state, to be backed up together (see `pile_assets.state`)
      store/<owner>/<stage>/<partition>/      <sha256[:32]>.parquet files and manifest.json, the commit point
      cache/steps/<key>.json                  manifests of finished steps by key; deletable, costs time only
      cache/dedup/                            what the duplicate engine remembers; deletable, costs time only
      cache/sources/<source>/                 what a source module keeps; deletable
      releases/<id>.json                      release manifests
      releases/<id>/                          what a consumer takes away (see `release.layout`)

A file is written to a temporary name in its final directory, flushed to disk, then renamed; a manifest likewise and
last. A crash between any two writes leaves unreferenced files and the previous manifest.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import polars as pl

from pile_assets.errors import PileError, StoreDamage
from pile_assets.locks import hold

FORMAT = 1
FILES_LOCK = "lock-files"
KEY_PATTERN = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}")
"""A partition key is a path segment and a Dagster partition for ever: lower case, no separators, at most 100 characters."""


def digest(value: Any) -> str:
    """32 hex digits of the SHA-256 of a value's canonical JSON: the one way keys and data versions are made."""
    return hashlib.sha256(canonical(value)).hexdigest()[:32]


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, order=True)
class Address:
    """One stage of one partition. `owner` is "sources/<source>", "domains/<domain>" or "corpus"."""

    owner: str
    stage: str
    partition: str = "all"

    @classmethod
    def of_source(cls, source: str, stage: str, partition: str) -> Self:
        return cls(f"sources/{source}", stage, partition)

    @classmethod
    def of_domain(cls, domain: str, stage: str, partition: str = "all") -> Self:
        return cls(f"domains/{domain}", stage, partition)

    @property
    def name(self) -> str:
        """The source or domain without its prefix; "corpus" for the corpus."""
        return self.owner.rpartition("/")[2]


@dataclass(frozen=True)
class FileRef:
    """One file of a stage: its name in the partition's folder and what its bytes must be."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class Counts:
    """Conservation: `taken` units in equal `given` units out plus the drops by reason."""

    taken: int = 0
    given: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.taken != self.given + sum(self.dropped.values()):
            raise ValueError(f"counts do not conserve: {self.taken} in, {self.given} out, dropped {dict(self.dropped)}")


@dataclass(frozen=True)
class Manifest:
    """The commit point of one stage of one partition.

    `key` is the digest of everything the output depends on, `data_version` the digest of its logical content,
    `versions` digests of parts of it that later steps depend on separately. `facts` are the stage's own figures.
    No field holds a time, a path or anything of the run, so equal inputs give equal bytes.
    """

    address: Address
    key: str
    code_version: str
    inputs: Mapping[str, str]
    data_version: str
    versions: Mapping[str, str] = field(default_factory=dict)
    counts: Counts = Counts()
    files: tuple[FileRef, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        record = {
            "format": FORMAT,
            "owner": self.address.owner,
            "stage": self.address.stage,
            "partition": self.address.partition,
            "key": self.key,
            "code_version": self.code_version,
            "inputs": dict(self.inputs),
            "data_version": self.data_version,
            "versions": dict(self.versions),
            "counts": {"in": self.counts.taken, "out": self.counts.given, "dropped": dict(self.counts.dropped)},
            "files": [vars(file) for file in self.files],
            "facts": dict(self.facts),
        }
        return canonical(record)

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        record = json.loads(content)
        counts = record["counts"]
        return cls(
            address=Address(record["owner"], record["stage"], record["partition"]),
            key=record["key"],
            code_version=record["code_version"],
            inputs=record["inputs"],
            data_version=record["data_version"],
            versions=record["versions"],
            counts=Counts(counts["in"], counts["out"], counts["dropped"]),
            files=tuple(FileRef(**file) for file in record["files"]),
            facts=record["facts"],
        )


class Store:
    """All access to one `PILE_HOME`."""

    def __init__(self, home: Path):
        self.home = home
        self._check_format()

    def _check_format(self) -> None:
        marker = self.home / "format"
        if not marker.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            write_atomically(marker, f"{FORMAT}\n".encode())
        elif (found := marker.read_text().strip()) != str(FORMAT):
            raise PileError(
                f"The store at {self.home} has format {found}; this version reads format {FORMAT}.",
                remedy="Point PILE_HOME at another folder, or run the version of pile-assets that wrote this one.",
            )

    def folder(self, address: Address) -> Path:
        return self.home / "store" / address.owner / address.stage / address.partition

    def source_cache(self, source: str) -> Path:
        folder = self.home / "cache" / "sources" / source
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def forget_source_cache(self, source: str) -> bool:
        """Drop what a source module kept; says whether there was anything."""
        folder = self.source_cache(source)
        held = any(folder.iterdir())
        shutil.rmtree(folder)
        return held

    def forget_duplicates(self) -> None:
        """Drop what the duplicate engine remembers, also of documents that have left."""
        shutil.rmtree(self.duplicates, ignore_errors=True)

    @property
    def duplicates(self) -> Path:
        """What the duplicate engine remembers; deletable."""
        return self.home / "cache" / "dedup"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    # -- manifests -------------------------------------------------------------------------------------------------

    def manifest(self, address: Address) -> Manifest | None:
        """The committed manifest, or None. Raises StoreDamage where the file cannot be read as one."""
        return self._read_manifest(self.folder(address) / "manifest.json")

    def _read_manifest(self, path: Path) -> Manifest | None:
        try:
            return Manifest.from_bytes(path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise StoreDamage(
                f"The manifest {path.relative_to(self.home)} is damaged ({error}).",
                remedy="Delete that file and run `pile build`: the step is done again from its inputs.",
            ) from error

    def commit(self, manifest: Manifest) -> None:
        """Make a step's output the current one, and remember it by its key."""
        self.remember(manifest)
        write_atomically(self.folder(manifest.address) / "manifest.json", manifest.to_bytes())

    def remember(self, manifest: Manifest) -> None:
        """Keep a finished step by its key without committing it: a rehearsal's result, or a version that may return."""
        path = self._step(manifest.key)
        content = manifest.to_bytes()
        if not path.exists() or path.read_bytes() != content:
            write_atomically(path, content)

    def recall(self, key: str) -> Manifest | None:
        """The finished step with this key, if all its files are still there with the promised bytes."""
        try:
            manifest = self._read_manifest(self._step(key))
        except StoreDamage:
            return None  # the cache costs time only: the step is done again
        if manifest is None or manifest.key != key or self.damage(manifest):
            return None
        return manifest

    def forget(self, key: str) -> None:
        """No longer remember the finished step with this key."""
        self._step(key).unlink(missing_ok=True)

    @property
    def steps(self) -> Path:
        """Where finished steps are remembered by their key."""
        return self.home / "cache" / "steps"

    def _step(self, key: str) -> Path:
        return self.steps / key[:2] / f"{key}.json"

    def addresses(self) -> list[Address]:
        """Every committed address, sorted."""
        root = self.home / "store"
        found = []
        for path in root.glob("**/manifest.json"):
            *owner, stage, partition = path.parent.relative_to(root).parts
            found.append(Address("/".join(owner), stage, partition))
        return sorted(found)

    def sources(self) -> list[str]:
        """Every source that has anything in the store, sorted; also those the registry no longer knows."""
        folder = self.home / "store" / "sources"
        return sorted(entry.name for entry in os.scandir(folder)) if folder.is_dir() else []

    def partitions(self, owner: str, stage: str) -> list[str]:
        """The partitions of a stage that have a committed manifest, sorted."""
        folder = self.home / "store" / owner / stage
        if not folder.is_dir():
            return []
        return sorted(entry.name for entry in os.scandir(folder) if os.path.exists(f"{entry.path}/manifest.json"))

    # -- quarantine ------------------------------------------------------------------------------------------------

    def write_quarantine(self, address: Address, note: Mapping[str, Any]) -> None:
        write_atomically(self.folder(address) / "quarantine.json", canonical(note))

    def read_quarantine(self, address: Address) -> dict[str, Any] | None:
        try:
            note: dict[str, Any] = json.loads((self.folder(address) / "quarantine.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None  # a damaged note costs one more try of the step
        return note

    def clear_quarantine(self, address: Address) -> None:
        (self.folder(address) / "quarantine.json").unlink(missing_ok=True)

    # -- files -----------------------------------------------------------------------------------------------------

    def write_part(self, address: Address, frame: pl.DataFrame) -> FileRef:
        """Write one part file under its content's name; writing the same frame again changes nothing."""
        folder = self.folder(address)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{os.getpid()}-{os.urandom(8).hex()}.tmp"
        try:
            write_parquet(frame.rechunk(), temporary)
            sha256 = file_sha256(temporary)
            size = temporary.stat().st_size
            name = f"{sha256[:32]}.parquet"
            publish(temporary, folder / name)
        finally:
            temporary.unlink(missing_ok=True)
        return FileRef(name, sha256, size, frame.height)

    def paths(self, manifest: Manifest) -> list[Path]:
        folder = self.folder(manifest.address)
        return [folder / file.name for file in manifest.files]

    def parts(self, manifest: Manifest, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """The part files in order, one frame at a time."""
        for path in self.paths(manifest):
            yield self.read_part(path, columns)

    def read_part(self, path: Path, columns: list[str] | None = None) -> pl.DataFrame:
        try:
            return pl.read_parquet(path, columns=columns, glob=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise StoreDamage(
                f"The file {path.relative_to(self.home)} is missing or damaged ({error}).",
                remedy="Run `pile verify` to list every damaged file, then `pile build --repair` to make them again.",
            ) from error

    def frame(self, manifest: Manifest, schema: Mapping[str, Any], columns: list[str] | None = None) -> pl.DataFrame:
        """All rows of a stage; for narrow columns only, since it holds the whole partition in memory."""
        wanted = {name: dtype for name, dtype in schema.items() if columns is None or name in columns}
        parts = list(self.parts(manifest, list(wanted)))
        return pl.concat(parts) if parts else pl.DataFrame(schema=wanted)

    def damage(self, manifest: Manifest) -> list[str]:
        """What is wrong with a manifest's files: missing or not the bytes promised; empty where all is well."""
        problems = []
        for file, path in zip(manifest.files, self.paths(manifest), strict=True):
            relative = path.relative_to(self.home)
            if not path.exists():
                problems.append(f"{relative} is missing")
            elif file_sha256(path) != file.sha256:
                problems.append(f"{relative} does not have the bytes its manifest promises")
        return problems

    def sweep(self) -> None:
        """Remove the temporary files of processes that were killed. Only for who holds the lock exclusively."""
        for path in list(self.home.rglob(".*.tmp")):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    # -- lock ------------------------------------------------------------------------------------------------------

    @contextmanager
    def lock(self, purpose: str, *, exclusive: bool, name: str = "store", wait: bool = False) -> Iterator[None]:
        """Hold `PILE_HOME/locks/<name>`; raises Busy, naming the holder, where another process has it and `wait` is False."""
        path = self.home / "locks" / name
        path.parent.mkdir(exist_ok=True)
        with hold(path, purpose, exclusive=exclusive, wait=wait):
            yield


def write_parquet(frame: pl.DataFrame, path: Path, *, rows_together: int | None = None) -> None:
    """Write a frame; with `rows_together`, in groups of so many rows that a reader can tell apart by their statistics.

    Raises OSError where the machine refuses, e.g. a full disk: Polars hides that behind an error of its own.
    """
    grouped = rows_together is not None
    try:
        frame.write_parquet(path, compression="zstd", compression_level=3, statistics=grouped, row_group_size=rows_together)
    except pl.exceptions.PolarsError as error:
        if refused := re.search(r"\(os error (\d+)\)", str(error)):
            number = int(refused[1])
            raise OSError(number, os.strerror(number), str(path.parent)) from error
        raise


def rows_digest(rows: Iterable[Iterable[Any]]) -> str:
    """The digest of a set of rows, whatever their order: each row's canonical JSON, sorted, hashed."""
    return _digest_of_lines(sorted(canonical(list(row)) for row in rows))


def sequence_digest(rows: Iterable[Iterable[Any]]) -> str:
    """The same of rows whose order counts."""
    return _digest_of_lines(canonical(list(row)) for row in rows)


def _digest_of_lines(lines: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for line in lines:
        whole.update(line)
        whole.update(b"\n")
    return whole.hexdigest()[:32]


def file_sha256(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a small file so that readers see the old bytes or the new, never a mixture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{os.getpid()}-{os.urandom(8).hex()}.tmp"
    try:
        temporary.write_bytes(content)
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def publish(temporary: Path, final: Path) -> None:
    """Give a file that is finished its name, and have both on disk before anything that follows."""
    with open(temporary, "rb") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, final)
    flush_folder(final.parent)


def flush_folder(folder: Path) -> None:
    """Have the names in a folder reach the disk."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
