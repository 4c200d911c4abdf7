"""Requests to withdraw, as tests write them, and what a build makes of them."""

from typing import Any

from pile_assets.build import BuildReport, build
from pile_assets.licensing.takedowns.model import Takedown
from pile_assets.store import Address
from pile_assets_tests.deployments import Corpus
from pile_assets_tests.test_build import rows

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


def run(corpus: Corpus, threads: int = 2) -> BuildReport:
    """Build, and expect no failure."""
    report = build(corpus.deployment.open(), threads=threads)
    assert not report.failed
    return report


def ids(corpus: Corpus) -> set[str]:
    return set(rows(corpus)["id"])


def dropped(corpus: Corpus, source: str, partition: str) -> dict[str, int]:
    view = corpus.deployment.open().view
    return dict(view.need(Address.of_source(source, "eligible", partition)).counts.dropped)
