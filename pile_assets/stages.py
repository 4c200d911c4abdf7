"""The body of each stage of a source's chain: frames of earlier stages in, part files, versions and counts out.

What belongs here: turning one partition's input files into its output files in bounded memory, one part at a time,
with the logical version of what was written. What may not: keys and skipping (`chain`), parsing (`sources`),
scoring (`filters`), signing (`dedup`).
"""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pile_assets import captures as capturing
from pile_assets import pins, schemas
from pile_assets.dedup import signatures
from pile_assets.errors import PileError, Quarantine
from pile_assets.filters import FILTERS
from pile_assets.filters import policy as policies
from pile_assets.licensing import claims, decisions, public_domain
from pile_assets.licensing.model import Verdict
from pile_assets.licensing.verdict import RESERVED, believed, counted_under, credited, hold
from pile_assets.parts import PartWriter
from pile_assets.sources.model import Document, RawFile, Skipped, SourceContext
from pile_assets.sources.preferences import Signal
from pile_assets.state import Entry
from pile_assets.steps import SUPPRESSIONS, Chain
from pile_assets.store import Address, Counts, FileRef, Manifest, canonical, rows_digest, sequence_digest
from pile_assets.view import View

PROBLEMS_KEPT = 50
"""How many problems of one partition a manifest lists in words; all of them are counted."""

NOTICES = "notices"
"""The version of a raw partition's licence and notice files, which a release passes on as they are."""

ROW_FIELDS = (
    "id",
    "source",
    "partition",
    "url",
    "title",
    "author",
    "attribution",
    "created",
    "media_type",
    "licence",
    "family",
)
"""What a shard row takes from `documents`; with the cleaned text it is all that later stages may depend on."""


@dataclass(frozen=True)
class Output:
    """What a stage produced, before it has an address and a key."""

    data_version: str
    counts: Counts
    files: tuple[FileRef, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def manifest(self, address: Address, key: str, code_version: str, inputs: Mapping[str, str]) -> Manifest:
        return Manifest(
            address, key, code_version, inputs, self.data_version, self.versions, self.counts, self.files, self.facts
        )


# -- raw -----------------------------------------------------------------------------------------------------------


def make_raw(view: View, chain: Chain, context: SourceContext, partition: str, entry: Entry) -> Output:
    """The bytes as published. Raises Quarantine where the partition exceeds its cap or names a path outside itself."""
    address = Address.of_source(chain.record.id, "raw", partition)
    writer = PartWriter(view.store, address, schemas.RAW)
    versions: list[tuple[str, ...]] = []
    captures: dict[str, Mapping[str, Any]] = {}
    total = 0
    for raw in chain.module.fetch(context, partition, entry.as_upstream()):
        _check_member(raw.path)
        total += len(raw.content)
        if total > context.partition_bytes:
            raise Quarantine(
                f"The partition is larger than its cap of {context.partition_bytes} bytes.",
                remedy=f"Raise size_cap.partition_bytes in {chain.record.id}.yaml, or let the connector cut it finer.",
            )
        sha256 = hashlib.sha256(raw.content).hexdigest()
        captured = capturing.of_file(raw)
        versions.append((raw.path, sha256, "reserved") if capturing.holds(chain.record, captured) else (raw.path, sha256))
        if captured:
            captures[raw.path] = captured
        writer.add((raw.path, raw.url, sha256, raw.content), len(raw.content))
    version = rows_digest(versions)
    capturing.write(view.store.folder(address), version, captures)
    going_along = rows_digest(item for item in versions if claims.goes_along(item[0]))
    counts = Counts(len(versions), len(versions))
    return Output(version, counts, writer.close(), {NOTICES: going_along}, {"bytes": total})


def _check_member(path: str) -> None:
    if path.startswith("/") or "\\" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise Quarantine(
            f"A member is named {path!r}, which points outside the partition.",
            remedy="Do not unpack this archive by hand; report it to the publisher. The partition keeps its last version.",
        )


def raw_files(view: View, address: Address) -> Iterator[RawFile]:
    """The files of a raw partition, in path order, one part in memory at a time."""
    for part in view.store.parts(view.need(address)):
        for path, url, _, content in part.iter_rows():
            yield RawFile(path, url, content)


# -- documents -----------------------------------------------------------------------------------------------------


def make_documents(view: View, chain: Chain, context: SourceContext, partition: str) -> Output:
    """Canonical documents with verdict and evidence; what yields none is counted by reason."""
    source = chain.record.id
    address = Address.of_source(source, "documents", partition)
    found = chain.module.documents(context, partition, raw_files(view, Address.of_source(source, "raw", partition)))
    tally = _Tally()
    reserved = capturing.reserved(view, chain.record, partition)
    writer = PartWriter(view.store, address, schemas.DOCUMENTS)
    for item in found:
        if isinstance(item, Skipped):
            tally.skip(item)
        elif (row := _document_row(chain, partition, item, tally, reserved.get(item.raw_path))) is not None:
            writer.add(row, row[_BYTES])
    return tally.output(writer.close())


_COLUMN = {name: index for index, name in enumerate(schemas.DOCUMENTS)}
_BYTES = _COLUMN["bytes"]
_ADMISSION = ("accepted", "licence_status", "licence_reason", "public_domain")
"""Columns that decide whether a document may be used; `eligible` reads them."""


class _Tally:
    """Versions, counts and facts of a documents stage, gathered row by row."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._all: list[tuple[Any, ...]] = []
        self._dropped: Counter[str] = Counter()
        self._problems: list[str] = []
        self._verdicts: Counter[str] = Counter()
        self._licences: Counter[str] = Counter()
        self._unadmitted: Counter[str] = Counter()
        self._turns: dict[str, set[int]] = {}

    def skip(self, item: Skipped) -> None:
        self._dropped[item.reason] += 1
        if item.problem:
            self._problems.append(f"{item.raw_path}: {item.detail or item.reason}")

    def take(self, row: tuple[Any, ...], verdict: Verdict, standings: Iterable[public_domain.Standing]) -> None:
        identifier = row[0]
        if identifier in self._seen:
            raise PileError(
                "Two documents of one partition have the same id, so neither can be told from the other.",
                remedy="Mend documents() of the connector: native ids must be unique in the source.",
                document=identifier,
            )
        self._seen.add(identifier)
        self._all.append(row[:-1])
        for found in standings:
            self._turns.setdefault(found.jurisdiction, set()).update([found.turns] if found.turns else [])
        if verdict.accepted:
            self._verdicts["accepted"] += 1
            self._licences[verdict.spdx or ""] += 1
        else:
            self._verdicts["rejected" if verdict.status == "resolved" else "held"] += 1
            self._unadmitted[counted_under(verdict.reason or "no reason given")] += 1

    def output(self, files: tuple[FileRef, ...]) -> Output:
        text = [(row[0], row[_COLUMN["media_type"]], row[_COLUMN["text_sha256"]]) for row in self._all]
        row_part = [_COLUMN[name] for name in (*ROW_FIELDS, *_ADMISSION)]
        facts = {
            "verdicts": dict(self._verdicts),
            "licences": dict(self._licences),
            "not_admitted": dict(self._unadmitted),
            "problems": sorted(self._problems)[:PROBLEMS_KEPT],
            "bytes": sum(row[_BYTES] for row in self._all),
            "turns": {jurisdiction: sorted(years) for jurisdiction, years in sorted(self._turns.items())},
        }
        return Output(
            rows_digest(self._all),
            Counts(len(self._all) + sum(self._dropped.values()), len(self._all), dict(self._dropped)),
            files,
            {"text": sequence_digest(text), "row": sequence_digest([row[i] for i in row_part] for row in self._all)},
            facts,
        )


def _document_row(
    chain: Chain, partition: str, document: Document, tally: _Tally, wish: Signal | None
) -> tuple[Any, ...] | None:
    """The document as a row of schemas.DOCUMENTS, or None where it is skipped and counted."""
    try:
        encoded = document.text.encode()
    except UnicodeEncodeError as error:
        tally.skip(Skipped(document.raw_path, "not-utf8", f"{document.native_id}: {error}", problem=True))
        return None
    if len(encoded) > (cap := chain.record.size_cap.document_bytes):
        detail = f"{document.native_id}: {len(encoded)} bytes of text, the cap is {cap}"
        tally.skip(Skipped(document.raw_path, "too-large", detail, problem=True))
        return None
    if not document.url:
        tally.skip(Skipped(document.raw_path, "no-url", f"{document.native_id}: no url", problem=True))
        return None
    record = chain.record
    verdict, standings = _judged(chain, document, wish)
    row = (
        f"{record.id}:{document.native_id}",
        record.id,
        partition,
        document.url,
        document.title,
        document.author,
        document.attribution,
        document.created,
        document.media_type,
        verdict.spdx,
        verdict.family if verdict.accepted else None,
        verdict.status,
        verdict.accepted,
        verdict.rule,
        verdict.reason,
        canonical([_claim(claim) for claim in verdict.evidence]).decode(),
        canonical(public_domain.as_evidence(standings)).decode() if standings else None,
        document.raw_path,
        document.raw_sha256,
        hashlib.sha256(encoded).hexdigest(),
        len(encoded),
        document.text,
    )
    tally.take(row, verdict, standings)
    return row


def _judged(chain: Chain, document: Document, wish: Signal | None) -> tuple[Verdict, tuple[public_domain.Standing, ...]]:
    """The connector's verdict after all that the record, reviewers and publishers have to say about it."""
    said = believed(document.verdict, chain.record.licence.speakers)
    meant = decisions.apply(chain.decisions, said, document.attribution)
    grounded, standings = public_domain.grounded(meant, document.work)
    verdict = credited(grounded, document.author, document.attribution)
    if wish is None:
        return verdict, standings
    return hold(RESERVED, f"{wish.where} says {wish.value}", f"preferences:{wish.kind}", verdict.evidence), ()


def _claim(claim: Any) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "scope": claim.scope,
        "raw": claim.raw,
        "who": claim.who,
        "where": claim.where,
        "sha256": claim.sha256,
        **({"retrieved": claim.retrieved} if claim.retrieved else {}),
        "spdx": claim.reading.spdx,
        "rule": claim.reading.rule,
        "status": claim.reading.status,
    }


# -- filters, cleaned, signatures ------------------------------------------------------------------------------------


def make_attributes(view: View, chain: Chain, partition: str, names: Iterable[str]) -> dict[str, tuple[Output, float]]:
    """The attributes of several filters, computed together in one pass over the text; with seconds per filter."""
    source = chain.record.id
    documents = view.need(Address.of_source(source, "documents", partition))
    files: dict[str, list[FileRef]] = {name: [] for name in names}
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in names}
    seconds = dict.fromkeys(files, 0.0)
    for part in view.store.parts(documents, ["id", "media_type", "text"]):
        for name, written in files.items():
            started = time.monotonic()
            attributes = FILTERS[name].annotate(part)
            written.append(view.store.write_part(Address.of_source(source, name, partition), attributes))
            rows[name].extend(attributes.iter_rows())
            seconds[name] += time.monotonic() - started
    counts = Counts(documents.counts.given, documents.counts.given)
    return {name: (Output(rows_digest(rows[name]), counts, tuple(files[name])), seconds[name]) for name in files}


def make_cleaned(view: View, chain: Chain, partition: str) -> Output:
    """Span edits applied, nothing dropped. Attribute files have the same part boundaries as `documents`."""
    source = chain.record.id
    address = Address.of_source(source, "cleaned", partition)
    documents = view.need(Address.of_source(source, "documents", partition))
    editing = {edit.partition(".")[0] for edit in chain.policy.edited_columns()}
    attribute_parts = {
        name: view.store.paths(view.need(Address.of_source(source, name, partition))) for name in sorted(editing)
    }
    files: list[FileRef] = []
    rows: list[tuple[Any, ...]] = []
    modified = 0
    for index, part in enumerate(view.store.parts(documents, ["id", "media_type", "text"])):
        attributes = {name: view.store.read_part(paths[index]) for name, paths in attribute_parts.items()}
        cleaned = policies.clean(chain.policy, part, attributes)
        files.append(view.store.write_part(address, cleaned))
        rows.extend(cleaned.select("id", "media_type", "modified", "text_sha256").iter_rows())
        modified += int(cleaned["modified"].sum())
    counts = Counts(documents.counts.given, len(rows))
    text = sequence_digest([identifier, media_type, sha256] for identifier, media_type, _, sha256 in rows)
    return Output(rows_digest(rows), counts, tuple(files), {"text": text}, {"modified": modified})


def make_signatures(view: View, chain: Chain, partition: str) -> Output:
    """MinHash signatures of the cleaned text."""
    source = chain.record.id
    address = Address.of_source(source, "signatures", partition)
    cleaned = view.need(Address.of_source(source, "cleaned", partition))
    files = []
    rows: list[tuple[Any, ...]] = []
    for part in view.store.parts(cleaned, ["id", "media_type", "text"]):
        signed = signatures.sign(part)
        files.append(view.store.write_part(address, signed))
        rows.extend((i, h.hex(), n, s.hex()) for i, h, n, s in signed.iter_rows())
    return Output(rows_digest(rows), Counts(cleaned.counts.given, len(rows)), tuple(files))


# -- eligible ------------------------------------------------------------------------------------------------------


def make_eligible(view: View, chain: Chain, partition: str) -> Output:
    """The policy's verdict per document, and the hash of the row a shard would hold."""
    source = chain.record.id
    manifests = {
        stage: view.need(Address.of_source(source, stage, partition))
        for stage in ("documents", *chain.record.filters, "cleaned", "signatures")
    }
    narrow = ["id", "media_type", *_ADMISSION]
    documents = view.store.frame(manifests["documents"], schemas.DOCUMENTS, [*dict.fromkeys([*ROW_FIELDS, *narrow])])
    cleaned = view.store.frame(manifests["cleaned"], schemas.CLEANED, ["id", "modified", "text_sha256", "bytes"])
    attributes = {
        name: view.store.frame(manifests[name], schemas.ATTRIBUTES | dict(FILTERS[name].schema))
        for name in chain.record.filters
    }
    out = suppressed(view, source, partition)
    protected = _protected(chain.terms, documents)
    decided = policies.decide(chain.policy, documents.select(narrow), attributes, out, protected=protected)
    frame = _eligible_frame(documents, cleaned, decided)
    address = Address.of_source(source, "eligible", partition)
    dropped = Counter(frame.filter(~pl.col("kept"))["reason"].to_list())
    return Output(
        rows_digest(frame.iter_rows()),
        Counts(frame.height, int(frame["kept"].sum()), dict(dropped)),
        (view.store.write_part(address, frame),) if frame.height else (),
        facts={"pins": pins.pins(manifests)},
    )


def suppressed(view: View, source: str, partition: str) -> list[str]:
    """The ids of the documents that the takedown ledger keeps out."""
    manifest = view.get(Address.of_source(source, SUPPRESSIONS, partition))
    return [] if manifest is None else view.store.frame(manifest, schemas.SUPPRESSIONS)["id"].to_list()


def _protected(terms: public_domain.Terms, documents: pl.DataFrame) -> dict[str, str]:
    """The documents whose public domain does not hold where the deployment needs it, and why."""
    kept = documents.filter(pl.col("public_domain").is_not_null()).select("id", "public_domain").iter_rows()
    known = ((name, public_domain.from_evidence(json.loads(evidence))) for name, evidence in kept)
    return {name: why for name, found in known if (why := terms.refusal(found))}


def _eligible_frame(documents: pl.DataFrame, cleaned: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    for other in (cleaned, decided):
        if not documents["id"].equals(other["id"]):
            raise PileError(
                "Stages of one partition do not hold the same documents in the same order.",
                remedy="Run `pile verify`; it names the damaged file.",
            )
    facts = documents.select(ROW_FIELDS).iter_rows()
    edits = cleaned.select("modified", "text_sha256", "bytes").iter_rows()
    hashes = [hashlib.sha256(canonical([*fact, *edit])).hexdigest() for fact, edit in zip(facts, edits, strict=True)]
    return decided.select("id", "kept", "reason", "rule").with_columns(
        documents["family"],
        decided["quality"].cast(pl.Int64),
        pl.Series("row_hash", hashes, dtype=pl.String),
        cleaned["bytes"],
    )


def withdrawn(before: Manifest | None) -> Output:
    """The empty `eligible` of a partition that upstream has withdrawn; its documents are counted as such."""
    documents = before.counts.taken if before is not None else 0
    counts = Counts(documents, 0, {"withdrawn": documents} if documents else {})
    return Output(rows_digest([]), counts, facts={"pins": {stage: [] for stage in pins.PINNED}})
