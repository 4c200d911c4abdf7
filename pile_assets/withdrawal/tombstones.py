"""What a release says of the documents that left it: enough to see that it happened and why, and nothing of what they were.

What belongs here: that selection. What may not: how a release is written (`release`).

A tombstone has an opaque name, a keyed hash of the document's id, and no title, address, excerpt or plain hash. Requests about
personal data are counted only, and in groups of five or more, so that nobody can be told to be behind one. What never was in a
release has no tombstone, nor what is only quarantined.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pile_assets.licensing.takedowns.ledger import Ledger
from pile_assets.licensing.takedowns.marks import Marks

SMALLEST_GROUP = 5
"""A smaller number of documents withdrawn for personal data is not published."""

COLUMNS = ("takedown", "document", "source", "reason", "last_release")
"""`document` is the opaque name, `last_release` the last release that held it."""

OPAQUE = 32
"""Hexadecimal digits of a keyed hash that are published: enough to tell documents apart."""


def of(ledger: Ledger, remembered: Mapping[str, Marks], releases: Sequence[str]) -> dict[str, Any]:
    """`tombstones` with the fields of `COLUMNS`; `grouped` with source, reason and number of documents; and `releases`, those
    whose files were removed. All are sorted."""
    listed: list[dict[str, Any]] = []
    counted: Counter[str] = Counter()
    for entry in ledger.in_force:
        marks = remembered.get(entry.name)
        if not entry.granted or marks is None:
            continue
        for reference, mark in marks.documents.items():
            if mark.release is None:
                continue
            if entry.reason == "personal_data":
                counted[mark.place[0]] += 1
            else:
                values = (entry.id, reference[:OPAQUE], mark.place[0], entry.reason, mark.release)
                listed.append(dict(zip(COLUMNS, values, strict=True)))
    grouped = [
        {"source": source, "reason": "personal_data", "documents": count}
        for source, count in sorted(counted.items())
        if count >= SMALLEST_GROUP
    ]
    tombstones = sorted(listed, key=lambda row: [row[name] for name in COLUMNS])
    return {"tombstones": tombstones, "grouped": grouped, "releases": list(releases)}
