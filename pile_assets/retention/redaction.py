"""Cutting documents out of the raw bytes they came from.

What belongs here: making a raw partition that is as if the publisher had never had certain documents. What may not: deciding
which (`licensing.takedowns`), removing older files (`erasure`).

Everything a partition's chain makes depends on `raw`, so this is where a document is removed for good: the raw partition
gets a new version without it, the planner finds the chain due, and a rebuild from the same raw bytes agrees. A file that
yields nothing but removed documents is left out. Of a file that yields others too, the connector cuts them out where it has
a `redact`; else the text is cut out wherever it stands in one of the usual spellings. In either case the new raw bytes are
parsed, and kept only if every other document comes out of them as before.
"""

import hashlib
import html
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pile_assets import captures as capturing
from pile_assets import schemas
from pile_assets.chain import source_context
from pile_assets.errors import PileError
from pile_assets.parts import PartWriter
from pile_assets.sources.model import Document, RawFile, Redacting
from pile_assets.stages import raw_files
from pile_assets.steps import Chain
from pile_assets.store import Address, Counts, FileRef, Manifest, canonical, rows_digest, write_atomically
from pile_assets.view import View

REDACTED = "redacted"
"""The fact of a raw manifest that counts the files which are no longer as they were published."""


@dataclass(frozen=True)
class _Contents:
    """What a raw partition yields: texts of the documents to be cut out, digests of the others, both with their raw file."""

    removed: Mapping[str, tuple[str, str]]  # id -> raw path, text
    others: Mapping[str, tuple[str, str]]  # id -> raw path, digest of everything the document says


def redact(view: View, chain: Chain, partition: str, documents: Collection[str]) -> Manifest | None:
    """Commit the raw partition without these documents (ids); None where it does not hold them, or nothing is there.

    The caller holds the store's lock exclusively. Raises PileError where a document cannot be cut out of a file it shares
    with others without changing those; then the partition is as it was.
    """
    address = Address.of_source(chain.record.id, "raw", partition)
    before = view.get(address)
    if before is None:
        return None
    held = _contents(view, chain, partition, raw_files(view, address), documents)
    if not held.removed:
        return None
    files, versions, size = _write(view, address, _cutter(chain, held))
    again = _contents(view, chain, partition, _files_in(view, address, files), documents)
    _check(chain, partition, held, again)
    version = rows_digest(versions.items())
    _keep_capture(view, before, version, versions)
    redacted = before.facts.get(REDACTED, 0) + len({path for path, _ in held.removed.values()})
    facts = {**before.facts, "bytes": size, REDACTED: redacted}
    counts = Counts(len(versions), len(versions))
    manifest = replace(before, data_version=version, counts=counts, files=files, facts=facts)
    view.commit(manifest)
    return manifest


def _contents(view: View, chain: Chain, partition: str, raw: Iterable[RawFile], documents: Collection[str]) -> _Contents:
    removed: dict[str, tuple[str, str]] = {}
    others: dict[str, tuple[str, str]] = {}
    for found in chain.module.documents(source_context(view, chain), partition, raw):
        if not isinstance(found, Document):
            continue
        name = f"{chain.record.id}:{found.native_id}"
        if name not in documents:
            others[name] = (found.raw_path, _digest(found))
        elif found.text.strip():
            removed[name] = (found.raw_path, found.text)
    return _Contents(removed, others)


def _digest(document: Document) -> str:
    """Everything a document says of itself, but for the digest of the file it stands in."""
    said = [document.native_id, document.url, document.media_type, document.title, document.author, document.attribution]
    verdict = document.verdict
    said += [document.created, document.text, verdict.spdx, verdict.status, str(verdict.accepted)]
    return hashlib.sha256(canonical(said)).hexdigest()


# -- cutting -------------------------------------------------------------------------------------------------------

Cutter = Callable[[RawFile], bytes | None]
"""The bytes to keep of a raw file; None for none."""


def _cutter(chain: Chain, held: _Contents) -> Cutter:
    shared = {path for path, _ in held.others.values()}
    texts: dict[str, list[str]] = {}
    for path, text in held.removed.values():
        texts.setdefault(path, []).append(text)
    prefix = len(chain.record.id) + 1
    native = frozenset(name[prefix:] for name in held.removed)

    def cut(file: RawFile) -> bytes | None:
        if file.path not in texts:
            return file.content
        if isinstance(chain.module, Redacting):
            return chain.module.redact(file, native) or None
        if file.path not in shared:
            return None
        return _without(file.content, texts[file.path])

    return cut


def _without(content: bytes, texts: Iterable[str]) -> bytes:
    for text in sorted(texts, key=len, reverse=True):
        for spelling in spellings(text):
            content = content.replace(spelling, b"")
    return content


def spellings(text: str) -> list[bytes]:
    """How a text stands in files: as it is, in JSON strings of either kind, and in XML or HTML; each spelling once."""
    written = [
        text,
        json.dumps(text, ensure_ascii=False)[1:-1],
        json.dumps(text)[1:-1],
        html.escape(text, quote=False),
        html.escape(text),
    ]
    return [spelling.encode("utf-8", "surrogatepass") for spelling in dict.fromkeys(written) if spelling]


def _write(view: View, address: Address, cut: Cutter) -> tuple[tuple[FileRef, ...], dict[str, str], int]:
    """Write what is left; returns the part files, the digest of every raw file, and the bytes in all."""
    writer = PartWriter(view.store, address, schemas.RAW)
    versions: dict[str, str] = {}
    size = 0
    for file in raw_files(view, address):
        content = cut(file)
        if content is not None:
            versions[file.path] = hashlib.sha256(content).hexdigest()
            size += len(content)
            writer.add((file.path, file.url, versions[file.path], content), len(content))
    return writer.close(), versions, size


def _files_in(view: View, address: Address, files: Iterable[FileRef]) -> Iterator[RawFile]:
    for file in files:
        for path, url, _, content in view.store.read_part(view.store.folder(address) / file.name).iter_rows():
            yield RawFile(path, url, content)


def _check(chain: Chain, partition: str, held: _Contents, again: _Contents) -> None:
    """Raises PileError unless exactly the documents to be removed are gone and all others say what they said."""
    changed = sorted(name for name, said in held.others.items() if again.others.get(name) != said)
    unasked = sorted(again.others.keys() - held.others.keys())
    left = sorted(again.removed)
    if not (changed or unasked or left):
        return
    found = f"{left[0]} is still there" if left else f"{(changed or unasked)[0]} would not be what it was"
    raise PileError(
        f"The raw files cannot be cut: without the removed documents, {found}.",
        remedy=f"Give pile_assets/sources/{chain.record.connector}.py a redact(file, native_ids) that knows its format; "
        "until then the documents stay out of the corpus, and their raw bytes stay in the store.",
        source=chain.record.id,
        partition=partition,
    )


def _keep_capture(view: View, before: Manifest, version: str, versions: Mapping[str, str]) -> None:
    """The capture records of the files that are left, under the name of the new version."""
    folder = view.store.folder(before.address)
    captures = capturing.read(folder, before.data_version)
    if left := {path: capture for path, capture in captures.items() if path in versions}:
        write_atomically(folder / f"capture-{version}.json", canonical(left))


def restore(view: View, source: str, partition: str) -> bool:
    """Have a redacted raw partition fetched again by the next build, e.g. because a takedown was undone; whether there
    was anything to do. The caller holds the store's lock exclusively; the view must not be used afterwards."""
    address = Address.of_source(source, "raw", partition)
    raw = view.get(address)
    if raw is None or REDACTED not in raw.facts:
        return False
    view.store.forget(raw.key)
    (view.store.folder(address) / "manifest.json").unlink()
    return True
