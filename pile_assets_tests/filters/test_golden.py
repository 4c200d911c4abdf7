"""A filter whose output changes has another version: otherwise old and new attributes would mix in one corpus."""

from typing import Any

import pytest

from pile_assets.filters import FILTERS
from pile_assets_tests.filters import golden

RECORD = "then record it: python -m pile_assets_tests.filters.golden"


def _comparable(output: dict[str, Any]) -> dict[str, Any]:
    """The language score comes from float32 arithmetic, whose last digit may differ on another processor."""
    for row in output.values():
        if row.get("score") is not None:
            row["score"] = pytest.approx(row["score"], abs=2e-4)
    return output


@pytest.mark.parametrize("name", FILTERS)
def test_output_changes_only_with_the_version(name: str) -> None:
    recorded, now = golden.read(name), golden.filter_output(name)
    assert now["version"] == recorded["version"], f"the version of {name} is new: {RECORD}"
    assert now["output"] == _comparable(recorded["output"]), f"{name} gives other output: raise its version, {RECORD}"


def test_verdicts_and_texts_of_the_default_policy_are_as_recorded() -> None:
    recorded, now = golden.read("policy"), golden.policy_output()
    assert now["version"] == recorded["version"], f"the policy has changed: {RECORD}"
    assert now["output"] == recorded["output"], f"decide or clean gives other output for the same policy: mend it, or {RECORD}"


def test_a_changed_output_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from pile_assets.filters import language

    monkeypatch.setattr(language, "WINDOW_CHARACTERS", 10)
    assert golden.filter_output("language")["output"] != _comparable(golden.read("language")["output"])
