"""What a release says of the documents that left it: enough to see that it happened and why, and nothing of what they were.

What belongs here: that selection. What may not: how a release is written (`release`).

A tombstone has an opaque name, a keyed hash of the document's id, and no title, address, excerpt or plain hash. Requests about
personal data are counted only, and in groups of five or more, so that nobody can be told to be behind one. What never was in a
release has no tombstone, nor what is only quarantined.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pile_assets.licensing.takedowns import marks
from pile_assets.licensing.takedowns.ledger import Ledger
from pile_assets.licensing.takedowns.marks import Marks
from pile_assets.licensing.takedowns.model import Takedown

SMALLEST_GROUP = 5
"""A smaller number of documents withdrawn for personal data is not published."""

COLUMNS = ("takedown", "document", "source", "reason", "last_release")
"""`document` is the opaque name, `last_release` the last release that held it."""

OPAQUE = 32
"""Hexadecimal digits of a keyed hash that are published: enough to tell documents apart."""


def of(
    ledger: Ledger, remembered: Mapping[str, Marks], releases: Sequence[str], replaced: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """`tombstones` with the fields of `COLUMNS`; `grouped` with source, reason and number of documents; `releases`, those
    whose files were removed; and, where there are any, `replaced`, which of these was written anew as which. All are sorted."""
    listed: list[dict[str, Any]] = []
    counted: Counter[str] = Counter()
    for entry in ledger.in_force:
        known = remembered.get(entry.name)
        if not entry.granted or known is None:
            continue
        for reference, mark in known.documents.items():
            if mark.release is None:
                continue
            if entry.reason == "personal_data":
                counted[mark.place[0]] += 1
            else:
                values = (entry.id, reference[:OPAQUE], mark.place[0], entry.reason, mark.release)
                listed.append(dict(zip(COLUMNS, values, strict=True)))
    found = {"tombstones": _sorted(listed), "grouped": _grouped(counted), "releases": list(releases)}
    return found | ({"replaced": dict(sorted(replaced.items()))} if replaced else {})


def of_rewritten(
    key: bytes, because: Mapping[str, Iterable[Takedown]], release: str, ids: Iterable[str], said: Mapping[str, Any]
) -> dict[str, Any]:
    """What a release that is written anew says: what the old one, `release`, `said`, and its documents `ids` that leave it now;
    `because` are the takedowns of each. Empty where there is nothing to say."""
    listed, counted = list(said.get("tombstones", ())), Counter[str]()
    for id_ in ids:
        source = id_.partition(":")[0]
        entries = list(because[id_])
        if any(entry.reason == "personal_data" for entry in entries):
            counted[source] += 1
            continue
        for entry in entries:
            values = (entry.id, marks.reference(key, id_)[:OPAQUE], source, entry.reason, release)
            listed.append(dict(zip(COLUMNS, values, strict=True)))
    grouped = [*said.get("grouped", ()), *_grouped(counted)]
    found = {"tombstones": _sorted(listed), "grouped": grouped, "releases": list(said.get("releases", ()))}
    found |= {"replaced": said["replaced"]} if "replaced" in said else {}
    return found if any(found.values()) else {}


def _sorted(listed: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(listed, key=lambda row: [row[name] for name in COLUMNS])


def _grouped(counted: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"source": source, "reason": "personal_data", "documents": count}
        for source, count in sorted(counted.items())
        if count >= SMALLEST_GROUP
    ]
