"""Primary state: the few small files under `PILE_HOME/state` that no rebuild can bring back.

    state/catalogue/<source>.json   upstream versions and tombstones per partition, as last discovered
    state/seniority.json            the number each source partition was given at first sight
    state/year.json                 the year of the corpus, for the terms of works in the public domain
    state/sources.json              what the operator switched on or off, and option overrides
    state/licence_changes/<source>.json  where the licence in its record was changed
    state/licence_changes/<source>/ per partition, where its publisher changed a licence, and who accepted that
    state/decisions.json            what reviewers decided that statements mean, as last loaded from the registry
    state/records/<source>.json     the last good registry record of each source
    state/evidence/<source>.json    what the last look at its evidence pages found, and what a reviewer said of it
    state/evidence/<source>/        pages that were no longer what the record says, by their hash
    state/releases.json             the releases in the order they were published (see `release.history`)
    state/rewriting.json            releases that are being written anew, with the day and version they get

Back them up and restore them together. What belongs here: reading and writing these files and the pure functions
that change their content. What may not: deciding what is stale, and anything that can be computed again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pile_assets.errors import PileError
from pile_assets.licensing.decisions import Decision
from pile_assets.registry.load import Registry
from pile_assets.registry.models import Level, Record
from pile_assets.review import evidence
from pile_assets.review.evidence import Look
from pile_assets.sources.model import Discovery, Upstream
from pile_assets.store import KEY_PATTERN, write_atomically


@dataclass(frozen=True)
class Entry:
    """One partition in the catalogue. `withdrawals` counts how often it left; `present` says whether it is there now."""

    version: str
    present: bool = True
    withdrawals: int = 0
    documents: int | None = None
    bytes: int | None = None
    url: str | None = None

    @property
    def upstream(self) -> str:
        """The version reported on `S/upstream`: a tombstone while the partition is withdrawn."""
        return self.version if self.present else f"withdrawn:{self.withdrawals}"

    def as_upstream(self) -> Upstream:
        """What the source module's fetch() is given."""
        return Upstream(self.version, self.documents, self.bytes, self.url)


Catalogue = Mapping[str, Entry]
Kind = Literal["new", "changed", "withdrawn", "returned"]


@dataclass(frozen=True)
class Change:
    """One difference between a catalogue and a discovery."""

    partition: str
    kind: Kind
    before: str | None
    after: str


def merge(catalogue: Catalogue, discovery: Discovery) -> tuple[dict[str, Entry], list[Change]]:
    """The catalogue after a discovery and what changed, in partition order.

    A partition missing from a complete discovery becomes a tombstone; one that returns, even with identical bytes,
    is reported again. Nothing is ever deleted.
    """
    merged = dict(catalogue)
    changes: list[Change] = []
    for partition, upstream in sorted(discovery.partitions.items()):
        old = catalogue.get(partition)
        withdrawals = old.withdrawals if old else 0
        new = Entry(upstream.version, True, withdrawals, upstream.documents, upstream.bytes, upstream.url)
        if old is None or old.upstream != new.upstream:
            kind: Kind = "new" if old is None else "changed" if old.present else "returned"
            changes.append(Change(partition, kind, old.upstream if old else None, new.upstream))
        merged[partition] = new
    if discovery.complete:
        for partition, old in sorted(catalogue.items()):
            if old.present and partition not in discovery.partitions:
                gone = replace(old, present=False, withdrawals=old.withdrawals + 1)
                merged[partition] = gone
                changes.append(Change(partition, "withdrawn", old.upstream, gone.upstream))
    return merged, sorted(changes, key=lambda change: change.partition)


def check_keys(record: Record, discovery: Discovery) -> list[PileError]:
    """Problems with partition keys; such partitions must be left out, because a key once used is used for ever."""
    shape = re.compile(record.partitioning.pattern)
    return [
        PileError(
            f"The partition key {key!r} does not match the record's pattern {record.partitioning.pattern!r}.",
            remedy="Mend discover() of the connector or partitioning.pattern of the record; the partition is left out.",
            source=record.id,
            partition=key,
        )
        for key in sorted(discovery.partitions)
        if not (KEY_PATTERN.fullmatch(key) and shape.fullmatch(key))
    ]


def assign_seniority(known: Mapping[str, int], partitions: Iterable[tuple[int, str, str]]) -> dict[str, int]:
    """Numbers for partitions seen for the first time, after all numbers given before.

    `partitions` are (seniority of the source in the registry, source, partition); those first seen together are
    numbered in that order. The order of arrival is recorded data, so that a rebuild repeats it.
    """
    numbers = dict(known)
    following = max(numbers.values(), default=-1) + 1
    for _, source, partition in sorted(partitions):
        name = f"{source}/{partition}"
        if name not in numbers:
            numbers[name] = following
            following += 1
    return numbers


@dataclass(frozen=True)
class Published:
    """One release. `files` is False once its part files were let go: then its manifest is a list of digests only.

    Day, version and the release before are recorded when it is first published, and stand in its cards from then on; they are
    null for what was published before they were recorded. `because` are the takedowns for which its files were removed, and
    `replaces` is the release that this one was made from, without the documents of such takedowns.
    """

    id: str
    files: bool = True
    on: str | None = None  # ISO 8601 day
    version: str | None = None  # <year>.<month>.<number in that month, from 0>
    previous: str | None = None  # id
    replaces: str | None = None  # id
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Override:
    """What the operator changed about one source without editing its record."""

    enabled: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Relicensed:
    """A record that names another licence than before; `reviewed` is the day of the review that the former one had."""

    before: str
    after: str
    reviewed: str

    def refusal(self, record: Record) -> str | None:
        """Why the source takes nothing new: its licence was changed, and nobody has reviewed it since."""
        if record.licence.spdx != self.after or record.review.on.isoformat() > self.reviewed:
            return None
        return (
            f"its record names the licence {self.after} where it named {self.before} at its review of {self.reviewed}. A "
            f"licence reviewer must look at the evidence again and set review.on in {record.id}.yaml"
        )


class State:
    """Read and write primary state. A rehearsing state keeps every change in memory."""

    def __init__(self, home: Path, *, rehearse: bool = False):
        self.folder = home / "state"
        self.rehearse = rehearse
        self._kept: dict[str, Any] = {}

    def _read(self, name: str) -> Any:
        if name in self._kept:
            return self._kept[name]
        path = self.folder / name
        try:
            return json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise PileError(
                f"The state file {name} is damaged ({error}).",
                remedy="Restore the folder state/ from its backup; this file cannot be computed again.",
            ) from error

    def _write(self, name: str, value: Any) -> None:
        if self.rehearse:
            self._kept[name] = value
        elif self._read(name) != value:
            write_atomically(self.folder / name, (json.dumps(value, sort_keys=True, indent=1) + "\n").encode())

    def catalogue(self, source: str) -> dict[str, Entry]:
        stored = self._read(f"catalogue/{source}.json") or {}
        return {partition: Entry(**entry) for partition, entry in stored.items()}

    def save_catalogue(self, source: str, catalogue: Catalogue) -> None:
        self._write(f"catalogue/{source}.json", {partition: vars(entry) for partition, entry in catalogue.items()})

    def seniority(self) -> dict[str, int]:
        return self._read("seniority.json") or {}

    def save_seniority(self, numbers: Mapping[str, int]) -> None:
        self._write("seniority.json", dict(numbers))

    def year(self) -> int:
        """The year of the corpus; 0 before it has been given one."""
        return int((self._read("year.json") or {}).get("year", 0))

    def save_year(self, year: int) -> None:
        self._write("year.json", {"year": year})

    def overrides(self) -> dict[str, Override]:
        return {source: Override(**value) for source, value in (self._read("sources.json") or {}).items()}

    def save_override(self, source: str, override: Override) -> None:
        kept = {name: vars(value) for name, value in self.overrides().items()}
        self._write("sources.json", kept | {source: vars(override)})

    def releases(self) -> list[Published]:
        """The recorded releases, the oldest first."""
        return [
            Published(**{**entry, "because": tuple(entry.get("because", ()))}) for entry in self._read("releases.json") or []
        ]

    def save_releases(self, releases: Iterable[Published]) -> None:
        self._write("releases.json", [{**vars(release), "because": list(release.because)} for release in releases])

    def rewriting(self) -> dict[str, Published]:
        """Release id -> what is to be recorded of the one that takes its place, while that is being written."""
        return {old: Published(**{**entry, "because": ()}) for old, entry in (self._read("rewriting.json") or {}).items()}

    def save_rewriting(self, under_way: Mapping[str, Published]) -> None:
        self._write("rewriting.json", {old: {**vars(new), "because": []} for old, new in under_way.items()})

    def last_good(self, source: str) -> Record | None:
        """The record of a source as it last loaded, for a source whose file is broken now."""
        stored = self._read(f"records/{source}.json")
        return Record.model_validate(stored) if stored is not None else None

    def relicensed(self, source: str) -> list[Relicensed]:
        """Where the licence in a source's record was changed, the oldest first."""
        return [Relicensed(**entry) for entry in self._read(f"licence_changes/{source}.json") or []]

    def note_licence(self, record: Record) -> None:
        """Write down where a record names another licence than when it last loaded."""
        last = self.last_good(record.id)
        if last is not None and last.licence.spdx != record.licence.spdx:
            event = Relicensed(last.licence.spdx, record.licence.spdx, last.review.on.isoformat())
            known = self.relicensed(record.id)
            self._write(f"licence_changes/{record.id}.json", [vars(entry) for entry in (*known, event)])

    def save_record(self, record: Record) -> None:
        self._write(f"records/{record.id}.json", record.model_dump(mode="json", by_alias=True))

    def evidence(self, source: str) -> Look:
        return Look.from_dict(self._read(f"evidence/{source}.json") or {})

    def save_evidence(self, source: str, look: Look) -> None:
        self._write(f"evidence/{source}.json", look.as_dict())

    def evidence_page(self, source: str, sha256: str) -> Path:
        """Where the bytes of a page that has drifted are kept."""
        return self.folder / "evidence" / source / f"{sha256[:32]}.page"

    def decisions(self, registry: Registry) -> tuple[Decision, ...]:
        """What reviewers decided; for a file that is broken now, as it last loaded, so that a bad edit withdraws nothing."""
        kept: dict[str, Any] = self._read("decisions.json") or {}
        good = {name: [one.model_dump(mode="json") for one in found] for name, found in registry.decisions.items()}
        bad = {(problem.source or "").removeprefix("decisions/") for problem in registry.problems}
        broken = {name: found for name, found in kept.items() if name in bad}
        if kept or good:
            self._write("decisions.json", broken | good)
        return tuple(Decision.model_validate(one) for name, found in sorted((broken | good).items()) for one in found)

    def effective(self, record: Record) -> Record:
        """The record with the operator's overrides applied."""
        override = self.overrides().get(record.id)
        if override is None:
            return record
        enabled = record.enabled if override.enabled is None else override.enabled
        return record.model_copy(update={"enabled": enabled, "options": record.options | dict(override.options)})


@dataclass(frozen=True)
class Sources:
    """The sources of this deployment. `running` ones follow upstream; `frozen` ones stay as they are, because their
    record is broken or waits for review; `refused` ones are out of the corpus, with the reason."""

    running: Mapping[str, Record]
    frozen: Mapping[str, Record]
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def present(self) -> dict[str, Record]:
        """Everything that is in the corpus, in id order."""
        return dict(sorted({**self.frozen, **self.running}.items()))


def sources_of(registry: Registry, state: State, admit: Level, today: date) -> Sources:
    """Which sources are in the corpus. Good records are remembered, so that a later bad edit withdraws nothing.

    A source whose review has run out, or whose evidence has drifted, is frozen: what it had yielded was lawful when it was
    taken, and nothing new comes in. Who wants it out sets `suspended` or `rejected`.
    """
    running: dict[str, Record] = {}
    frozen: dict[str, Record] = {}
    refused: dict[str, str] = {}
    for record in registry.records.values():
        state.note_licence(record)
        state.save_record(record)
        effective = state.effective(record)
        if not effective.enabled:
            continue
        refusal = effective.refusal(admit)
        if refusal is None:
            changed = state.relicensed(record.id)[-1:]
            refusal = next((why for event in changed if (why := event.refusal(effective))), None)
            refusal = refusal or evidence.refusal(effective, state.evidence(record.id), today)
            (running if refusal is None else frozen)[record.id] = effective
        elif effective.review.status in (Level.NEEDS_REVIEW, Level.EXPIRED):
            frozen[record.id] = effective
        if refusal is not None:
            refused[record.id] = refusal
    for source in sorted(registry.broken):
        last = state.last_good(source)
        if last is not None and (effective := state.effective(last)).enabled and effective.refusal(admit) is None:
            frozen[source] = effective
    return Sources(running, frozen, refused)
