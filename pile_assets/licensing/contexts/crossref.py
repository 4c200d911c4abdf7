"""Crossref's `license` of a work: an address, or objects that say for which version of the text and from when it holds.

A licence for text and data mining (`content-version: tdm`) is between a publisher and a miner and says nothing of what the
article may be used for. One with a delay holds from a day that only the work's dates can tell, so it is not read here.
"""

import json
from typing import Any

from pile_assets.licensing import addresses
from pile_assets.licensing.model import Reading

RULE = "crossref"
_VERSIONS = frozenset({"vor", "am", "unspecified"})


def read(raw: str) -> Reading:
    """The licence of an address, of one JSON object with `URL`, or of a list of them, which must agree."""
    value = raw.strip()
    if not value.startswith(("{", "[")):
        return _address(value)
    try:
        stated = json.loads(value)
    except (ValueError, RecursionError):
        return Reading("unresolved", f"{RULE}:no-json")
    entries = stated if isinstance(stated, list) else [stated]
    readings = {_entry(entry) for entry in entries if not _for_mining(entry)}
    if len(readings) > 1:
        return Reading("conflict", f"{RULE}:several")
    return next(iter(readings), Reading("unresolved", f"{RULE}:text-mining-only" if entries else f"{RULE}:empty"))


def _address(value: str) -> Reading:
    return addresses.whole(value) or Reading("unresolved", RULE)


def _for_mining(entry: Any) -> bool:
    return isinstance(entry, dict) and str(entry.get("content-version", "")).lower() == "tdm"


def _entry(entry: Any) -> Reading:
    if not isinstance(entry, dict) or not isinstance(entry.get("URL"), str):
        return Reading("unresolved", f"{RULE}:no-address")
    if str(entry.get("content-version", "unspecified")).lower() not in _VERSIONS:
        return Reading("unresolved", f"{RULE}:unknown-version")
    if entry.get("delay-in-days", 0) not in (0, None, "0"):
        return Reading("unresolved", f"{RULE}:delayed")
    return _address(entry["URL"].strip())
