"""The verdict of a document, read back from its row.

Only that belongs here: what reviewers are shown, and what is compared, is the verdict as it was given.
"""

import json
from typing import Any

from pile_assets.licensing.model import Claim, Reading, Verdict

READ = (
    *("id", "author", "attribution", "accepted", "licence", "licence_status"),
    *("licence_rule", "licence_reason", "licence_evidence"),
)
"""Columns of `documents` that hold the verdict and what it rests on."""


def verdict_of(row: dict[str, Any]) -> Verdict:
    """The verdict that the columns of `READ` hold, but for its family and its acceptance."""
    evidence = tuple(_claim(claim) for claim in json.loads(row["licence_evidence"] or "[]"))
    return Verdict(row["licence_status"], False, row["licence_rule"], row["licence"], None, row["licence_reason"], evidence)


def _claim(kept: dict[str, Any]) -> Claim:
    reading = Reading(kept["status"], kept["rule"], kept["spdx"])
    return Claim(kept["kind"], kept["scope"], kept["raw"], reading, kept["who"], kept["where"], kept["sha256"])
