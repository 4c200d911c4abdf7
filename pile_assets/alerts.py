"""Work that was given up: what the daemon's planner tells the operator, where `pile status` can read it.

What belongs here: the record of one alert and the file that holds them. What may not: deciding what is given up (`graph`),
printing. The file is a notice, not state: the planner writes it anew whenever what it says has changed.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pile_assets.store import write_atomically


@dataclass(frozen=True, order=True)
class Alert:
    """One piece of work that failed as often as it may; tried again when its input changes, else once an hour."""

    work: str  # its owner: sources/<source>, domains/<domain>, corpus/dedup, corpus/release
    partitions: tuple[str, ...]  # of a source; empty for corpus-wide work
    attempts: int
    cause: str
    remedy: str
    run: str  # Dagster's id of the last run that failed

    def as_dict(self) -> dict[str, Any]:
        """The same facts for `--json`."""
        return asdict(self)


def read_alerts(home: Path) -> list[Alert]:
    """The alerts that stand, sorted; a damaged notice is no alert, it is written again."""
    try:
        content = json.loads(_file(home).read_bytes())
        return sorted(Alert(**entry | {"partitions": tuple(entry["partitions"])}) for entry in content)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


def write_alerts(home: Path, alerts: Iterable[Alert]) -> None:
    entries = [alert.as_dict() for alert in sorted(alerts)]
    write_atomically(_file(home), (json.dumps(entries, indent=1, sort_keys=True) + "\n").encode())


def _file(home: Path) -> Path:
    return home / "cache" / "alerts.json"
