"""What every source module exchanges with the chain: discoveries, raw files, documents, problems.

Frozen dataclasses and one Protocol; no parsing, no network, no store.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from pile_assets.licensing.model import Verdict
from pile_assets.licensing.public_domain import Work
from pile_assets.sources.options import Options


@dataclass(frozen=True)
class Upstream:
    """What upstream publishes for one partition right now."""

    version: str  # identifies the bytes: content hash, commit, ETag; equal versions mean equal bytes
    documents: int | None = None  # expected documents, where the listing tells
    bytes: int | None = None  # expected raw bytes, where the listing tells
    url: str | None = None


@dataclass(frozen=True)
class Discovery:
    """All partitions upstream has now. A known partition that is absent here has been withdrawn.

    `complete` is False when the listing could not be read to its end: then absence proves nothing and no partition
    is withdrawn. `notes` are facts for the operator (e.g. why there are no partitions at all).
    """

    partitions: Mapping[str, Upstream]
    complete: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RawFile:
    """One published file of a partition, bytes as published."""

    path: str
    url: str
    content: bytes
    capture: Mapping[str, Any] = field(default_factory=dict)  # status, headers, preference signals; never in a row


@dataclass(frozen=True)
class Document:
    """One text found in a raw file, with its licence verdict."""

    native_id: str  # stable within the source, e.g. "requests/requests/api.py"
    url: str
    media_type: str
    text: str
    verdict: Verdict
    raw_path: str
    raw_sha256: str
    title: str | None = None
    author: str | None = None
    attribution: str | None = None
    created: str | None = None
    work: Work | None = None  # what is known of its term, where the verdict rests on the public domain


@dataclass(frozen=True)
class Skipped:
    """A raw file that yields no document, with the reason it is counted under (e.g. "licence-file", "not-utf8")."""

    raw_path: str
    reason: str
    detail: str = ""
    problem: bool = False  # True for damage an operator should look at, False for files that are no text by nature


@dataclass(frozen=True)
class SourceContext:
    """What a source module may use: its options, a cache folder of its own, a scratch-free read-only view of limits."""

    source: str
    options: Mapping[str, Any]
    cache: Path  # exists; content the module may delete at any time, e.g. a downloaded snapshot
    document_bytes: int  # longest document admitted; longer ones are Skipped("too-large")
    partition_bytes: int
    wishes: bool = False  # whether the client asks sites what they wish before it asks for pages


class SourceModule(Protocol):
    """The interface of a module in `pile_assets.sources`."""

    OPTIONS: type[Options]  # what `options` of a record may hold
    VERSION: str  # raised whenever fetch() or documents() would give other output for the same input
    LIBRARIES: tuple[str, ...]  # distributions whose version is part of the documents step's key
    HOST: str | None  # the host whose Dagster pool limits fetches; None for local sources

    def discover(self, context: SourceContext) -> Discovery:
        """List what upstream has now; looks at bytes or upstream's own digests, never at times."""
        ...

    def fetch(self, context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
        """Yield the partition's files sorted by path. Raises Quarantine where they cannot be had whole."""
        ...

    def documents(self, context: SourceContext, partition: str, raw: Iterable[RawFile]) -> Iterator[Document | Skipped]:
        """Parse raw files, in raw order, to documents; every raw file yields at least one Document or Skipped."""
        ...


@runtime_checkable
class Redacting(Protocol):
    """What a source module may offer besides: cutting documents out of a raw file that holds several of them."""

    def redact(self, file: RawFile, native_ids: Collection[str]) -> bytes:
        """The file's bytes without these documents, the others as they were; called where a document must leave for good."""
        ...
