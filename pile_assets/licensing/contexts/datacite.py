"""DataCite's `rights`: words, an address and an identifier of one licence, or a list of such statements that must agree.

Access rights ("info:eu-repo/semantics/openAccess") say who may read, not what may be done: they are no licence, and no
objection to one.
"""

import json
import re
from typing import Any

from pile_assets.licensing import addresses
from pile_assets.licensing.contexts import text
from pile_assets.licensing.model import SILENT, Reading

RULE = "datacite"
_ACCESS = re.compile(
    r"(?:info:eu-repo/semantics/\w+access|(?:open|restricted|embargoed|metadata only|closed) access)", re.IGNORECASE
)
_FIELDS = ("rightsIdentifier", "rights", "rightsUri", "rightsURI")


def read(raw: str) -> Reading:
    """What one value, one object of `rightsList` or the whole list says; the rule is `model.SILENT` for access rights."""
    value = raw.strip()
    if not value.startswith(("{", "[")):
        return _value(value)
    try:
        stated = json.loads(value)
    except (ValueError, RecursionError):
        return text.read(value)
    entries = stated if isinstance(stated, list) else [stated]
    readings = {reading for reading in map(_entry, entries) if reading.rule != SILENT}
    if len(readings) > 1:
        return Reading("conflict", f"{RULE}:several")
    return next(iter(readings), Reading("unresolved", SILENT))


def _value(value: str) -> Reading:
    if _ACCESS.fullmatch(value):
        return Reading("unresolved", SILENT)
    return addresses.whole(value) or text.read(value)


def _entry(entry: Any) -> Reading:
    """One object: all of its fields must agree, and a field that is not understood leaves it unresolved."""
    if not isinstance(entry, dict):
        return Reading("unresolved", RULE)
    values = [str(entry[field]).strip() for field in _FIELDS if entry.get(field)]
    stated = [reading for reading in map(_value, dict.fromkeys(values)) if reading.rule != SILENT]
    if not stated:
        return Reading("unresolved", SILENT)
    return text.together(stated, RULE)
