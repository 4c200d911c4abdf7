"""Catalogues of libraries: the Biodiversity Heritage Library and the Library of Congress.

A library speaks of works of others: as a host where it holds the scan and says what it found out, and never as the
rightsholder. `access_restricted: false` says who may look, not what may be done.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim
from pile_assets.sources.formats import xml

LARGEST = 64 * 1024 * 1024
_BHL_FIELDS = ("CopyrightStatus", "Rights", "LicenseUrl")
_LOC_FIELDS = ("rights", "rights_advisory", "rights_information")


def of_bhl(content: bytes, where: str, sha256: str = "") -> Mapping[str, tuple[Claim, ...]]:
    """Item or part identifier to its claims, of one answer of BHL's API 3 in JSON or in XML.

    Records of titles, pages and collections state no rights and are left out. Raises ValueError where it is neither.
    """
    return {
        name: statements.distinct(
            claim
            for field in _BHL_FIELDS
            if (raw := str(record.get(field) or "").strip())
            for claim in statements.stated(raw, "bhl-rights", f"{where} {field}", scope=name, who="host", sha256=sha256)
        )
        for name, record in _bhl_records(content)
    }


def _bhl_records(content: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if len(content) > LARGEST:
        raise ValueError(f"it has {len(content)} bytes, and more than {LARGEST} are not read")
    body = content.removeprefix(b"\xef\xbb\xbf")
    if body.lstrip().startswith(b"<"):
        try:
            root = xml.parse(body, LARGEST)
        except xml.UnreadableXml as error:
            raise ValueError(str(error)) from error
        records: list[Mapping[str, Any]] = [
            {str(child.tag): child.text for child in record if len(child) == 0} for record in root.iter("Item", "Part")
        ]
    else:
        result = json.loads(body)
        result = result.get("Result") if isinstance(result, dict) else None
        records = [record for record in result if isinstance(record, dict)] if isinstance(result, list) else []
    for record in records:
        for field, kind in (("ItemID", "item"), ("PartID", "part")):
            if record.get(field) and any(name in record for name in _BHL_FIELDS):
                yield f"{kind}/{record[field]}", record
                break


def of_loc(item: Mapping[str, Any], where: str, sha256: str = "") -> tuple[Claim, ...]:
    """The claims of one item of loc.gov's JSON, from whichever of its rights fields it has."""
    inner = item.get("item")
    fields = {**(inner if isinstance(inner, dict) else {}), **item}
    return statements.distinct(
        claim
        for field in _LOC_FIELDS
        for raw in _listed(fields.get(field))
        for claim in statements.stated(
            raw, "rights-statement", f"{where} {field}", scope=statements.named(fields.get("id")), who="host", sha256=sha256
        )
    )


def _listed(value: Any) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]
