"""Rows of data sets: the Dolma format, the registry of the Data Provenance Initiative, OpenAssistant messages, video records.

A data set is a collection of others' texts; its own licence is not theirs. What a row says is kept with who says it: the
maker of a data set is an aggregator, a platform's record repeats its uploader.
"""

from collections.abc import Mapping
from typing import Any

from pile_assets.licensing.extract import statements
from pile_assets.licensing.model import Claim, Reading

SYNTHETIC = "model-output"
"""Rule of a reading of text that a model wrote: no person licensed it, and the terms of the model's provider may bind it."""

_LICENCE_KEYS = ("license", "licence", "license_url")


def of_dolma(row: Mapping[str, Any], where: str) -> tuple[Claim, ...]:
    """One row of the Dolma format: `metadata.license`, as Common Pile's sets carry it. Empty values say nothing."""
    metadata = row.get("metadata")
    fields = metadata if isinstance(metadata, dict) else {}
    scope = statements.named(row.get("id"))
    found: list[Claim] = []
    for key in _LICENCE_KEYS:
        value = fields.get(key)
        for raw in value if isinstance(value, list) else [value]:
            if raw:
                place = f"{where} metadata.{key}"
                found += statements.stated(str(raw), "text", place, scope=scope, who="aggregator")
    return statements.distinct(found)


def of_data_provenance(summary: Mapping[str, Any], where: str) -> tuple[Claim, ...]:
    """The `Licenses` of one data set; an empty list says nothing, and "Unspecified" is a statement that is not understood."""
    licences = summary.get("Licenses")
    scope = statements.named(summary.get("Unique Dataset Identifier"))
    if not isinstance(licences, list):
        return ()
    found: list[Claim] = []
    for entry in licences:
        raw = str(entry.get("License") or "") if isinstance(entry, dict) else str(entry)
        found += statements.stated(raw, "text", f"{where} Licenses", scope=scope, who="aggregator") if raw else ()
    if summary.get("Model Generated"):
        found.append(_synthetic(str(summary["Model Generated"]), scope, f"{where} Model Generated"))
    return statements.distinct(found)


def of_oasst(message: Mapping[str, Any], where: str) -> tuple[Claim, ...]:
    """A block where a message of an OpenAssistant tree is a model's; a person's message carries no statement of its own."""
    if not message.get("synthetic") and not message.get("model_name"):
        return ()
    raw = str(message.get("model_name") or "synthetic")
    return (_synthetic(raw, str(message.get("message_id", "")), f"{where} model_name"),)


def of_video(record: Mapping[str, Any], where: str) -> tuple[Claim, ...]:
    """The licence of a video's record as the platform's API or a downloader keeps it: the uploader's tick in a box."""
    status = record.get("status")
    raw = record.get("license") or (status.get("license") if isinstance(status, dict) else None)
    scope = statements.named(record.get("id"))
    return statements.stated(str(raw), "youtube", f"{where} license", scope=scope, who="uploader") if raw else ()


def _synthetic(raw: str, scope: str, where: str) -> Claim:
    return Claim("file", scope, statements.excerpt(raw), Reading("unresolved", SYNTHETIC), "third-party", where)
