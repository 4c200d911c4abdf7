"""Looking at the evidence pages of a source: the one place where they are fetched.

What belongs here: asking for each page, writing down what was found, keeping the bytes of a page that has changed, since it may
change again before somebody reads it. What may not: judging a page (`evidence`).
"""

import hashlib
from collections.abc import Iterator

from pile_assets.deployment import Session
from pile_assets.errors import PileError
from pile_assets.registry.models import Evidence, Record
from pile_assets.review.evidence import DRIFTED, LARGEST, Cleared, Finding, Look, compare
from pile_assets.sources.http import Client, Missing
from pile_assets.store import write_atomically

INTERVAL = 1.0
"""Seconds between two pages of one host."""


def look(session: Session, source: str) -> Look:
    """Fetch every watched page of a source and write down what was found; raises PileError for a source without a record."""
    record = record_of(session, source)
    before = session.state.evidence(source)
    cache = session.view.store.source_cache(source) / "evidence"
    client = Client(source, cache, interval=INTERVAL if _is_remote(record) else 0.0)
    findings = tuple(_findings(session, record, client))
    found = Look(session.today.isoformat(), findings, before.cleared)
    session.state.save_evidence(source, found)
    return found


def _is_remote(record: Record) -> bool:
    return any("://127.0.0.1" not in evidence.url for evidence in record.evidence)


def _findings(session: Session, record: Record, client: Client) -> Iterator[Finding]:
    for evidence in record.evidence:
        if evidence.watch == "never":
            continue
        page, finding = _fetch(client, evidence)
        if page is not None and finding.state in DRIFTED and finding.found:
            _keep(session, record.id, page, finding.found)
        yield finding


def _fetch(client: Client, evidence: Evidence) -> tuple[bytes | None, Finding]:
    try:
        page = client.get(evidence.url, limit=LARGEST).read()
    except Missing:
        return None, compare(evidence, None)
    except PileError as error:
        return None, Finding(evidence.url, evidence.sha256, "unreachable", detail=error.cause)
    return page, compare(evidence, page)


def _keep(session: Session, source: str, page: bytes, sha256: str) -> None:
    assert hashlib.sha256(page).hexdigest() == sha256
    path = session.state.evidence_page(source, sha256)
    if not session.state.rehearse and not path.exists():
        write_atomically(path, page)


def clear(session: Session, source: str, by: str, reason: str) -> list[Finding]:
    """Write down a reviewer's word that every drifted page still says what the record says; returns those pages.

    A page that is gone says nothing, so no word clears it: raises PileError, as where nothing has drifted.
    """
    record, before = record_of(session, source), session.state.evidence(source)
    drift = before.drift(record)
    gone = [finding for finding in drift if finding.found is None]
    if gone or not drift:
        raise PileError(
            f"{gone[0].url} is gone: nobody can say that it still says the same." if gone else "No evidence has drifted.",
            remedy=f"Find the statement elsewhere and put it into {source}.yaml." if gone else "Nothing to clear.",
            source=source,
        )
    words = [Cleared(finding.url, finding.found or "", by, reason, session.today.isoformat()) for finding in drift]
    session.state.save_evidence(source, Look(before.on, before.findings, (*before.cleared, *words)))
    return list(drift)


def record_of(session: Session, source: str) -> Record:
    """The record of a source, whatever its standing."""
    record = session.registry.records.get(source) or session.state.last_good(source)
    if record is None:
        raise PileError(f"There is no source {source!r}.", remedy="Run `pile sources list`.", source=source)
    return record
