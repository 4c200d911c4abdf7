"""Catalogues of articles and data sets: Crossref works, DataCite records, DOAJ articles.

They describe texts that lie elsewhere. A publisher deposits its own works at Crossref; a repository registers what others
deposited with it at DataCite; DOAJ relays what a journal's web site said. A licence can be for one version of a text and
from a day on: only what is for the version in hand, and in force on the day asked, speaks for it.
"""

import json
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Kind

MINING = "tdm"
"""Crossref's content version of terms between a publisher and a miner; they license nobody else."""


def of_crossref(work: Mapping[str, Any], where: str, on: date, version: str = "vor") -> tuple[Claim, ...]:
    """The claims of a Crossref work about its text in `version` ("vor": of record, "am": accepted manuscript) on a day.

    An entry that is not in force yet, for another version, or for mining is a notice; one that came into force on an unknown
    day about then blocks. An empty list says nothing.
    """
    return statements.distinct(_of_entries(work.get("license"), statements.named(work.get("DOI")), where, on, version))


def _of_entries(entries: Any, doi: str, where: str, on: date, version: str) -> Iterator[Claim]:
    if entries is None:
        return
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        yield from statements.unreadable("license is no list of objects", f"{where} license", scope=doi)
        return
    for entry in entries:
        address, of = str(entry.get("URL", "")), str(entry.get("content-version", "unspecified")).lower()
        place, start = f"{where} license ({of})", _start(entry) if of in (version, "unspecified") else None
        if start is not None and start[0] <= on < start[1]:
            yield from statements.unreadable(f"{address} from an unknown day of {start[1].year}", place, scope=doi)
        else:
            kind: Kind = "file" if start is not None and start[1] <= on else "notice"
            yield from statements.stated(address, "crossref", place, kind=kind, scope=doi)


def _start(entry: Mapping[str, Any]) -> tuple[date, date] | None:
    """The first and the last day that a Crossref licence may be in force from, the same where it says the day; None where
    nothing is known."""
    parts: Any = entry.get("start")
    parts = parts.get("date-parts") if isinstance(parts, dict) else None
    parts = parts[0] if isinstance(parts, list) and parts else None
    if parts is None:
        return (date.min, date.min) if entry.get("delay-in-days") in (0, "0") else None
    try:
        year, month, day = (*map(int, parts[:3]), 0, 0)[:3]
        last = day or monthrange(year, month or 12)[1]
        return date(year, month or 1, day or 1), date(year, month or 12, last)
    except (TypeError, ValueError):
        return None


def of_datacite(record: Mapping[str, Any], where: str) -> tuple[Claim, ...]:
    """The claim of a DataCite record's `rightsList`, all of which must agree; access rights alone say nothing."""
    attributes = record.get("attributes", record)
    rights = attributes.get("rightsList") if isinstance(attributes, dict) else None
    identifier = statements.named(record.get("id") or (attributes.get("doi") if isinstance(attributes, dict) else ""))
    if not isinstance(rights, list) or not rights:
        return ()
    raw = json.dumps(rights, ensure_ascii=False, sort_keys=True)
    return statements.stated(raw, "datacite", f"{where} rightsList", scope=identifier, who="host")


def of_doaj(article: Mapping[str, Any], where: str) -> tuple[Claim, ...]:
    """The claims of a DOAJ article about its journal's licence; what others say of a journal is not the article's licence."""
    journal = _within(article, "bibjson", "journal")
    entries = journal.get("license") if journal else None
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        return ()
    return statements.distinct(
        claim
        for entry in entries
        if isinstance(entry, dict) and entry.get("type")
        for claim in statements.stated(
            str(entry["type"]), "doaj", f"{where} journal.license", scope=statements.named(article.get("id")), who="aggregator"
        )
    )


def _within(value: Any, *names: str) -> Mapping[str, Any] | None:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None
