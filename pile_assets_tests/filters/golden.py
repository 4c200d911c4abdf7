"""The recorded output of every filter and of the default policy on the samples.

`python -m pile_assets_tests.filters.golden` records it anew. Do that after raising the version of what changed.
"""

import json
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets.filters import FILTERS
from pile_assets.filters.policy import clean, decide, load_policy
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets_tests.filters import samples

FOLDER = Path(__file__).parent / "golden"
DEFAULT_POLICY = DEFAULT_FOLDER / "policies" / "prose_and_code.yaml"


def filter_output(name: str) -> dict[str, Any]:
    """The version of a filter and its attributes of the samples, by document."""
    return {"version": FILTERS[name].version, "output": _by_id(FILTERS[name].annotate(samples.documents()))}


def policy_output() -> dict[str, Any]:
    """The digest of the default policy, and its verdicts and cleaned texts (hashes) of the samples."""
    policy, documents, attributes = load_policy(DEFAULT_POLICY), samples.documents(), annotated(samples.documents())
    decided = decide(policy, licensed(documents), attributes)
    cleaned = clean(policy, documents, attributes).drop("media_type", "text")
    verdicts, edits = _by_id(decided), _by_id(cleaned)
    return {"version": policy.digest(), "output": {name: verdicts[name] | edits[name] for name in verdicts}}


def annotated(documents: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The attributes of every filter."""
    return {name: chosen.annotate(documents) for name, chosen in FILTERS.items()}


def licensed(documents: pl.DataFrame) -> pl.DataFrame:
    """What `decide` reads of documents, all of them accepted."""
    return documents.select(
        "id",
        "media_type",
        accepted=pl.lit(True),
        licence_reason=pl.lit(None, dtype=pl.String),
        licence_status=pl.lit("resolved"),
    )


def read(name: str) -> dict[str, Any]:
    """A recorded output."""
    recorded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return recorded


def _by_id(frame: pl.DataFrame) -> dict[str, dict[str, Any]]:
    return {row["id"]: {name: value for name, value in row.items() if name != "id"} for row in frame.to_dicts()}


def _record() -> None:
    outputs = {name: filter_output(name) for name in FILTERS} | {"policy": policy_output()}
    for name, output in outputs.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(output, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    _record()
