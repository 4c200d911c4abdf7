"""How long a request took, from what was recorded of it. Only that arithmetic belongs here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

STEPS = ("received", "applied", "clean", "purged")
"""A request is received when the ledger's file with its line was saved, applied when it is known which documents are out, clean
when none of them is in a shard any more, and purged when their bytes are gone."""


def measured(noted: Mapping[str, str]) -> dict[str, Any]:
    """Each moment that is known, the seconds from receipt to each, and the first release without the documents."""
    moments = {step: datetime.fromisoformat(noted[step]) for step in STEPS if step in noted}
    found: dict[str, Any] = {step: noted[step] for step in moments}
    if "received" in moments:
        for step in STEPS[1:]:
            if step in moments:
                found[f"seconds_to_{step}"] = round((moments[step] - moments["received"]).total_seconds(), 3)
    return found | {"first_clean_release": noted.get("release")}
