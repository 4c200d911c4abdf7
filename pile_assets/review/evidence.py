"""Whether the pages a source's licence rests on still say what a reviewer read there.

What belongs here: comparing bytes with what a record says of them, and what follows from the last look. What may not: fetching
(`looking`), where looks are kept (`state`), what a refusal does (`state.sources_of`).

A page is compared by its bytes, or by the quoted words alone where a page changes for reasons of its own (`watch` of the
record). A page that is gone counts as changed: what it said is no longer said. One that could not be had does not.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal, Self

from lxml import etree, html

from pile_assets.registry.models import Evidence, Record

State = Literal["unchanged", "changed", "gone", "unreachable"]
DRIFTED = ("changed", "gone")

LARGEST = 8 * 1024 * 1024
"""Bytes of a page that are looked at; more is no licence statement."""


@dataclass(frozen=True)
class Finding:
    """One evidence page as it was at the last look. `recorded` is the hash in the record, `found` that of the page."""

    url: str
    recorded: str
    state: State
    found: str | None = None
    detail: str = ""


@dataclass(frozen=True)
class Cleared:
    """A reviewer's word that a changed page still says what the record says."""

    url: str
    found: str
    by: str
    reason: str
    on: str


@dataclass(frozen=True)
class Look:
    """What the last look at a source's evidence found, and what a reviewer has said since."""

    on: str | None = None
    findings: tuple[Finding, ...] = ()
    cleared: tuple[Cleared, ...] = ()

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            stored.get("on"),
            tuple(Finding(**finding) for finding in stored.get("findings", ())),
            tuple(Cleared(**word) for word in stored.get("cleared", ())),
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def drift(self, record: Record) -> tuple[Finding, ...]:
        """The pages that are not what the record says: those it still names with the same hash, and nobody has cleared."""
        named = {(evidence.url, evidence.sha256) for evidence in record.evidence}
        words = {(word.url, word.found) for word in self.cleared}
        return tuple(
            finding
            for finding in self.findings
            if finding.state in DRIFTED
            and (finding.url, finding.recorded) in named
            and (finding.url, finding.found or "") not in words
        )


# -- one page ------------------------------------------------------------------------------------------------------


def compare(evidence: Evidence, page: bytes | None) -> Finding:
    """A page against its entry in the record; None for one that the server says is gone."""
    if page is None:
        return Finding(evidence.url, evidence.sha256, "gone", detail="the server says that there is no such page")
    found = hashlib.sha256(page).hexdigest()
    whole = evidence.watch == "bytes"
    if not quoted(page, evidence.quote):
        return Finding(evidence.url, evidence.sha256, "changed", found, "the quoted words are no longer there")
    if whole and found != evidence.sha256:
        return Finding(evidence.url, evidence.sha256, "changed", found, "the quoted words are there, and other bytes changed")
    return Finding(evidence.url, evidence.sha256, "unchanged", found)


def quoted(page: bytes, quote: str) -> bool:
    """Whether a page has the words of a quote one after the other, whatever mark-up and white space stand between them."""
    wanted = _words(quote)
    return bool(wanted.strip()) and wanted in _words(_shown(page))


def _shown(page: bytes) -> str:
    """What a reader sees of a page: without mark-up, scripts and comments where it is a document of mark-up."""
    text = page.decode("utf-8", "replace")
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return text
    try:
        tree = html.document_fromstring(page[:LARGEST])
    except (etree.LxmlError, ValueError):
        return ""
    for element in list(tree.iter("script", "style", "template", etree.Comment)):
        element.text = None
    return " ".join(str(piece) for piece in tree.itertext())


def _words(text: str) -> str:
    """The words with one space around each, so that a word is never found inside another."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return f" {' '.join(words)} "


# -- a source ------------------------------------------------------------------------------------------------------


def refusal(record: Record, look: Look, today: date) -> str | None:
    """Why a source that its record admits takes nothing new: its review has run out, or its evidence has drifted."""
    name = record.id
    if record.review.expires < today:
        return (
            f"its review expired on {record.review.expires}. A licence reviewer must look at the evidence again "
            f"(`pile review evidence {name}`) and set review.on and review.expires in {name}.yaml"
        )
    if drift := look.drift(record):
        pages = "; ".join(f"{finding.url} is {finding.state}: {finding.detail}" for finding in drift)
        return (
            f"its evidence has drifted, as seen on {look.on} ({pages}), so that it needs review. A licence reviewer must "
            f"compare the page with the record (`pile review evidence {name}` shows both), and then either put the new sha256, "
            f"quote and date into {name}.yaml, or say that nothing has changed with `pile review clear {name}`, or set "
            "review.status"
        )
    return None


def problems(record: Record, snapshots: Mapping[str, bytes | None]) -> list[str]:
    """What is wrong with a record's snapshots, given their bytes by name, None for one that is not there."""
    found = []
    for number, evidence in enumerate(record.evidence):
        if evidence.snapshot is None:
            continue
        content, place = snapshots.get(evidence.snapshot), f"evidence.{number}.snapshot"
        if content is None:
            found.append(f"{place}: there is no file evidence/{record.id}/{evidence.snapshot}")
            continue
        if (sha256 := hashlib.sha256(content).hexdigest()) != evidence.sha256:
            found.append(f"evidence.{number}.sha256: the snapshot's hash is {sha256}")
        if not quoted(content, evidence.quote):
            found.append(f"evidence.{number}.quote: the snapshot does not have these words")
    return found
