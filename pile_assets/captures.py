"""The capture record of raw files: how each was retrieved, and what its publisher wishes.

What belongs here: keeping and reading that record beside a version of `raw`, and finding what a wish reserves. What may not:
reading the forms of wishes (`sources.preferences`), or deciding about documents (`stages`). No capture is part of a row.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pile_assets.registry.models import Record
from pile_assets.sources import preferences
from pile_assets.sources.model import RawFile
from pile_assets.sources.preferences import Signal
from pile_assets.store import Address, canonical, write_atomically
from pile_assets.view import View


def of_file(raw: RawFile) -> Mapping[str, Any]:
    """The capture record of a file, with what the page itself says; empty for files that nobody was asked for."""
    if not raw.capture:
        return raw.capture
    signals = [*raw.capture.get("signals", ()), *preferences.as_dicts(preferences.of_html(raw.content))]
    return {**raw.capture, "signals": signals}


def holds(record: Record, captured: Mapping[str, Any]) -> bool:
    """Whether documents of this file are held because their publisher reserves their use."""
    return record.preferences.policy == "hold" and preferences.reservation(captured) is not None


def write(folder: Path, data_version: str, captured: Mapping[str, Mapping[str, Any]]) -> None:
    """Keep the record of one version of a raw partition, by path."""
    if captured:
        write_atomically(folder / f"capture-{data_version}.json", canonical(captured))


def read(folder: Path, data_version: str) -> dict[str, dict[str, Any]]:
    """The record of one version of a raw partition; empty for sources that capture nothing."""
    try:
        content: dict[str, dict[str, Any]] = json.loads((folder / f"capture-{data_version}.json").read_bytes())
    except FileNotFoundError:
        return {}
    return content


def reserved(view: View, record: Record, partition: str) -> dict[str, Signal]:
    """Raw files whose publisher reserves their use, where the source's record asks to hold them; by path."""
    if record.preferences.policy != "hold":
        return {}
    address = Address.of_source(record.id, "raw", partition)
    found = read(view.store.folder(address), view.need(address).data_version)
    return {path: wish for path, captured in found.items() if (wish := preferences.reservation(captured))}
