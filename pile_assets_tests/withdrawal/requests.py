"""Requests to withdraw, as tests write them."""

from typing import Any

from pile_assets.licensing.takedowns.model import Takedown
from pile_assets_tests.deployments import Corpus

DAY = "2026-11-20"


def request(number: int, kind: str, value: str, **scope: Any) -> Takedown:
    """A request as it is received."""
    return Takedown.model_validate(
        {
            "id": f"TD-2026-{number:04d}",
            "received": DAY,
            "requester_role": "rightsholder",
            "channel": "issue",
            "reason": "wrong_licence",
            "basis": "legal",
            "scope": {"kind": kind, "value": value, **scope},
            "decision": {"state": "pending_quarantined", "on": DAY},
            "history": [[DAY, "received"], [DAY, "quarantined"]],
        }
    )


def decided(entry: Takedown, state: str, **decision: Any) -> Takedown:
    """The same request with a decision."""
    content = entry.model_dump(mode="json")
    content["decision"] = {"state": state, "on": DAY, **decision}
    content["history"] = [*content["history"], [DAY, state]]
    return Takedown.model_validate(content)


def add(corpus: Corpus, *entries: Takedown) -> None:
    """Write lines to the ledger, as an editor would."""
    for entry in entries:
        corpus.deployment.open().vault.append(entry)
