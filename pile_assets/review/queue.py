"""Held documents by what was said of them, so that one decision clears all that say the same.

What belongs here: gathering and clustering, and what decisions would admit. What may not: deciding (`licensing.decisions`),
printing (`console`), Dagster. Everything is read from the committed documents and verdicts.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pile_assets.deployment import Session
from pile_assets.filters.policy_model import NOT_PUBLIC_DOMAIN
from pile_assets.licensing import decisions, verdict
from pile_assets.licensing.decisions import Decision
from pile_assets.licensing.model import Verdict
from pile_assets.review.rows import READ, verdict_of
from pile_assets.store import Address, Counts, Manifest, digest, rows_digest
from pile_assets.view import View

EXAMPLES = 5
"""How many documents a cluster is illustrated with: the first by id."""

NOT_FREE = "Not in the public domain where it must be"
"""Cause of documents whose term has not ended, or is not known to have."""

QUEUE = Address("corpus", "review_queue")
QUEUE_VERSION = "1"

COLUMNS: dict[str, Any] = {
    "cause": pl.String,
    "statement": pl.String,  # the words that decided; empty where nothing was said
    "documents": pl.Int64,
    "decidable": pl.Boolean,  # whether a decision on the statement can clear them
    "sources": pl.List(pl.Struct({"source": pl.String, "documents": pl.Int64})),
    "examples": pl.List(pl.String),  # document ids
    "reason": pl.String,  # of the first example
}
"""The queue as Parquet: one row per cluster, most documents first."""


@dataclass(frozen=True)
class Held:
    """One document that waits for somebody."""

    id: str
    source: str
    cause: str
    statement: str
    reason: str
    verdict: Verdict | None  # None where its licence is settled and its term is not
    author: str | None = None
    attribution: str | None = None


@dataclass
class Cluster:
    """All held documents of one cause about which the same was said."""

    cause: str
    statement: str
    decidable: bool
    sources: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def documents(self) -> int:
        return self.sources.total()

    def as_dict(self) -> dict[str, Any]:
        """The cluster as a row of `COLUMNS`."""
        listed = sorted(self.sources.items(), key=lambda item: (-item[1], item[0]))
        return {
            "cause": self.cause,
            "statement": self.statement,
            "documents": self.documents,
            "decidable": self.decidable,
            "sources": [{"source": source, "documents": count} for source, count in listed],
            "examples": self.examples,
            "reason": self.reason,
        }


def held(session: Session, sources: Iterable[str] = ()) -> Iterator[Held]:
    """Every held document of the present partitions of sources in the corpus, or of these, in (source, partition, id) order."""
    for source in sorted(sources or session.sources.present):
        for partition, entry in sorted(session.state.catalogue(source).items()):
            if entry.present:
                yield from _by_licence(session.view, source, partition)
                yield from _by_term(session.view, source, partition)


def _by_licence(view: View, source: str, partition: str) -> Iterator[Held]:
    manifest = view.get(Address.of_source(source, "documents", partition))
    if manifest is None or not manifest.facts["verdicts"].get("held"):
        return
    rows = pl.concat([part.filter(~pl.col("accepted")) for part in view.store.parts(manifest, list(READ))])
    for row in rows.filter(pl.col("licence_status") != "resolved").sort("id").iter_rows(named=True):
        found = verdict_of(row)
        reason = found.reason or "no reason given"
        said = decisions.statement_of(found)
        yield Held(row["id"], source, verdict.cause(reason), said, reason, found, row["author"], row["attribution"])


def _by_term(view: View, source: str, partition: str) -> Iterator[Held]:
    manifest = view.get(Address.of_source(source, "eligible", partition))
    if manifest is None or not manifest.counts.dropped.get(NOT_PUBLIC_DOMAIN):
        return
    for part in view.store.parts(manifest, ["id", "reason", "rule"]):
        for identifier, _, rule in part.filter(pl.col("reason") == NOT_PUBLIC_DOMAIN).sort("id").iter_rows():
            yield Held(identifier, source, NOT_FREE, rule, rule, None)


def clusters(found: Iterable[Held]) -> list[Cluster]:
    """The queue: most documents first."""
    by: dict[tuple[str, str], Cluster] = {}
    for document in found:
        key = (document.cause, document.statement)
        if key not in by:
            open_ = document.verdict is not None and decisions.decidable(document.verdict)
            by[key] = Cluster(*key, open_, reason=document.reason)
        by[key].sources[document.source] += 1
        if len(by[key].examples) < EXAMPLES:
            by[key].examples.append(document.id)
    return sorted(by.values(), key=lambda cluster: (-cluster.documents, cluster.cause, cluster.statement))


@dataclass
class Preview:
    """What decisions would do to held documents."""

    admitted: Counter[str] = field(default_factory=Counter)  # licence -> documents
    rejected: Counter[str] = field(default_factory=Counter)
    still_held: Counter[str] = field(default_factory=Counter)  # why they stay held although a decision speaks of them
    sources: Counter[str] = field(default_factory=Counter)  # of those admitted
    examples: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        counted = {name: dict(getattr(self, name).most_common()) for name in ("admitted", "rejected", "still_held", "sources")}
        return {**counted, "examples": self.examples}


def preview(found: Iterable[Held], proposed: Sequence[Decision]) -> Preview:
    """What these decisions would change, document by document, by the functions that the `documents` step uses."""
    result = Preview()
    for document in found:
        if document.verdict is None:
            continue
        speaking = decisions.applying(proposed, document.source)
        decided = decisions.apply(speaking, document.verdict, document.attribution)
        if decided is document.verdict:
            continue
        after = verdict.credited(decided, document.author, document.attribution)
        if after.accepted:
            result.admitted[after.spdx or ""] += 1
            result.sources[document.source] += 1
            if len(result.examples) < EXAMPLES:
                result.examples.append(document.id)
        else:
            (result.rejected if after.status == "resolved" else result.still_held)[after.reason or ""] += 1
    return result


def commit(view: View, found: Sequence[Cluster]) -> Manifest | None:
    """Write the queue to the store; None where it is what it was."""
    rows = [cluster.as_dict() for cluster in found]
    version = rows_digest([json.dumps(row, sort_keys=True)] for row in rows)
    key = digest(["review_queue", QUEUE_VERSION, version])
    before = view.get(QUEUE)
    if before is not None and before.key == key:
        return None
    files = (view.store.write_part(QUEUE, pl.DataFrame(rows, schema=COLUMNS)),) if rows else ()
    facts = {"documents": sum(cluster.documents for cluster in found), "clusters": rows[:50]}
    manifest = Manifest(QUEUE, key, QUEUE_VERSION, {}, version, {}, Counts(len(rows), len(rows)), files, facts)
    view.commit(manifest)
    return manifest
