"""A publisher changes a licence: finding it between two versions of a partition, writing it down, holding what is new.

What belongs here: comparing the declared licences of two versions of the same documents, and the record of what was found. What
may not: judging either version (`licensing`), stopping a step (`chain`).

Only what the publisher says counts: a verdict that differs because a vocabulary or a reviewer's decision did is no event.
An event is written down in any case. Where the licence of half of the documents changed, or that of a source with one licence
for all, it is a relicensing and no edit: the partition stays on its last version until a reviewer has accepted the change.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import polars as pl

from pile_assets.errors import PileError
from pile_assets.licensing import decisions
from pile_assets.review.rows import READ, verdict_of
from pile_assets.store import Address, Store, digest, write_atomically

SHARE = 0.5
"""Of the accepted documents that both versions have: from here on a change is one of the collection."""

EXAMPLES = 5


@dataclass(frozen=True)
class Accepted:
    """A reviewer's word that the new licence may be taken up."""

    by: str
    reason: str
    on: str


@dataclass(frozen=True)
class Event:
    """One change of declared licences between two versions of a partition."""

    source: str
    partition: str
    before: Mapping[str, int]  # licence -> documents whose licence changed
    after: Mapping[str, int]
    documents: int
    of: int  # accepted documents that both versions have
    examples: tuple[str, ...]
    version: str  # of `raw`: which upstream bytes made the change
    holds: bool
    accepted: Accepted | None = None

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        word = stored["accepted"]
        given = {**stored, "examples": tuple(stored["examples"]), "accepted": Accepted(**word) if word else None}
        return cls(**given)

    @property
    def name(self) -> str:
        """What tells this change from another of the same partition."""
        return digest([self.source, self.partition, dict(self.before), dict(self.after), self.version])

    @property
    def said(self) -> str:
        """The change in a sentence."""
        old, new = (
            ", ".join(f"{licence} ({count})" for licence, count in sorted(c.items())) for c in (self.before, self.after)
        )
        return f"The publisher has changed the licence of {self.documents} of {self.of} documents from {old} to {new}"


def compare(before: Iterable[pl.DataFrame], after: Iterable[pl.DataFrame]) -> tuple[Counter[str], Counter[str], list[str], int]:
    """The licences of changed documents before and after, their ids, and how many accepted documents both versions have."""
    had = {identifier: (licence, said) for identifier, accepted, licence, said in _declared(before) if accepted}
    old, new, changed, common = Counter[str](), Counter[str](), list[str](), 0
    for identifier, accepted, licence, said in _declared(after):
        if identifier not in had:
            continue
        common += 1
        if said == had[identifier][1] or (accepted and licence == had[identifier][0]):
            continue
        old[had[identifier][0]] += 1
        new[licence] += 1
        changed.append(identifier)
    return old, new, sorted(changed), common


def _declared(parts: Iterable[pl.DataFrame]) -> Iterator[tuple[str, bool, str, str]]:
    """(id, accepted, licence or why there is none, what the publisher said) of every document."""
    for part in parts:
        for row in part.iter_rows(named=True):
            found = verdict_of(row)
            publishers = tuple(claim for claim in found.evidence if claim.reading.rule != "decision")
            licence = row["licence"] or f"no licence ({row['licence_status']})"
            yield row["id"], row["accepted"], licence, decisions.statement_of(replace(found, evidence=publishers))


Parts = Iterable[pl.DataFrame]


def find(source: str, partition: str, before: Parts, after: Parts, version: str, granularity: str) -> Event | None:
    """The change of declared licences between two versions of a partition; None where there is none."""
    old, new, changed, common = compare(before, after)
    if not changed:
        return None
    holds = granularity == "source" or len(changed) >= SHARE * common
    return Event(source, partition, dict(old), dict(new), len(changed), common, tuple(changed[:EXAMPLES]), version, holds)


# -- the record ----------------------------------------------------------------------------------------------------


class Changes:
    """What was found, in primary state: one file per partition, state/licence_changes/<source>/<partition>.json."""

    def __init__(self, store: Store):
        self._store = store
        self._folder = store.home / "state" / "licence_changes"

    def of(self, source: str, partition: str) -> list[Event]:
        """The events of a partition in the order in which they were last met, so that the newest stands for how it is now."""
        try:
            return [Event.from_dict(entry) for entry in json.loads(self._path(source, partition).read_bytes())]
        except FileNotFoundError:
            return []

    def all(self, source: str | None = None) -> list[Event]:
        """Every event, of one source or of all, by source and partition."""
        paths = sorted(self._folder.glob(f"{source or '*'}/*.json"))
        return [event for path in paths for event in self.of(path.parent.name, path.stem)]

    def known(self, event: Event) -> Event:
        """The event as it is written down, with a reviewer's word if there is one; else as it is given."""
        return next((known for known in self.of(event.source, event.partition) if known.name == event.name), event)

    def note(self, event: Event) -> Event:
        """The same, and write the event down as the newest: a publisher may turn back to what it said before."""
        events, known = self.of(event.source, event.partition), self.known(event)
        if not events or events[-1].name != event.name:
            self._write(event.source, event.partition, [*(e for e in events if e.name != event.name), known])
        return known

    def accept(self, source: str, partition: str, word: Accepted) -> Event:
        """Take up a reviewer's word on the newest change that holds a partition, and let the next build try it again.

        Raises PileError where no change holds it. Said again after it was killed half way, it does what is left to do.
        """
        events, address = self.of(source, partition), Address.of_source(source, "documents", partition)
        waits = events and events[-1].holds
        if not waits or (events[-1].accepted and self._store.read_quarantine(address) is None):
            raise PileError(
                "No change of licence holds this partition.",
                remedy="`pile review changes` lists what was found.",
                source=source,
                partition=partition,
            )
        if events[-1].accepted is None:
            events[-1] = replace(events[-1], accepted=word)
            self._write(source, partition, events)
        self._store.clear_quarantine(address)
        return events[-1]

    def _write(self, source: str, partition: str, events: Iterable[Event]) -> None:
        content = json.dumps([asdict(event) for event in events], sort_keys=True, indent=1) + "\n"
        write_atomically(self._path(source, partition), content.encode())

    def _path(self, source: str, partition: str) -> Path:
        return self._folder / source / f"{partition}.json"


COLUMNS = list(READ)
"""Columns of `documents` that the comparison reads."""
