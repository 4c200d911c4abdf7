"""`pile verify --rebuild` agrees with a corpus that was built step by step, and tells one whose history shows."""

from dataclasses import replace
from typing import Any

import pytest

from pile_assets.inspection.rebuild import SCRATCH
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.store import Address
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import document, prose
from pile_assets_tests.withdrawal import requests

THRESHOLD = "attribute: length.chars, min: 10"
UNIQUE = Address.of_source("songs", "unique", "mixed")


def rebuilt(pile: Pile, exit_code: int = 0) -> Any:
    found = pile.ask("verify", "--rebuild", exit_code=exit_code)
    assert not (pile.corpus.home / SCRATCH).exists()
    return found


def test_a_corpus_that_came_about_step_by_step_is_what_it_would_be_at_once(fresh: Pile) -> None:
    """Partitions that arrive late, change, leave, return; a source that is switched off; a duplicate that comes back."""
    corpus = fresh.corpus
    corpus.withdraw("fables", "one")
    fresh.build()
    corpus.publish("fables", "one", [document(f"fable-one-{i}") for i in range(5)])
    fresh.build()
    corpus.publish("fables", "two", [document("shorter", prose("fable-three-1"))])
    fresh.build()
    corpus.withdraw("fables", "one")
    fresh.build()
    found = rebuilt(fresh)["rebuilt"]
    assert (found["partitions"], found["as_they_stand"]) == (5, [])
    assert found["manifests"] > 60
    fresh.ask("sources", "disable", "songs")
    fresh.build()
    assert rebuilt(fresh)["rebuilt"]["partitions"] == 3


def test_what_is_kept_out_does_not_tell_the_order_of_an_earlier_version(fresh: Pile) -> None:
    lines = [document(f"fable-one-{i}") for i in range(5)]
    fresh.corpus.publish("fables", "one", lines)
    for number in (1, 3):
        requests.add(fresh.corpus, requests.request(number, "doc_id", f"fables:one/fable-one-{number}"))
    fresh.build()
    fresh.corpus.publish("fables", "one", lines[::-1])
    fresh.build()
    assert rebuilt(fresh)["problems"] == []


def test_a_partition_in_quarantine_is_an_input_as_it_stands(fresh: Pile) -> None:
    fresh.build()
    fresh.corpus.add_source("songs", seniority=1, size_cap={"partition_bytes": 10})
    fresh.build(exit_code=3)
    assert rebuilt(fresh)["rebuilt"]["as_they_stand"] == ["songs/mixed", "songs/plain"]


@pytest.mark.parametrize("stage", ["documents", "eligible", "unique", "shards", "shard_plan"])
def test_what_depends_on_history_is_told(built: Pile, stage: str) -> None:
    """A fact that no rebuild would come to, in a manifest whose files are whole."""
    for address in built.store.addresses():
        if address.stage == stage:
            manifest = built.store.manifest(address)
            assert manifest
            built.store.commit(replace(manifest, facts={**manifest.facts, "day": "Tuesday"}))
    found = rebuilt(built, exit_code=1)
    told = [problem for problem in found["problems"] if problem["check"] == "rebuild"]
    assert told
    assert all(problem["found"] == "built from nothing, its facts differ" for problem in told)


def test_a_verdict_that_arrival_decided_is_told(built: Pile) -> None:
    """As if `unique` had kept what an earlier build found, although its inputs have changed."""
    manifest = built.store.manifest(UNIQUE)
    assert manifest
    built.store.commit(replace(manifest, inputs={"eligible": "0" * 32}))
    (problem,) = rebuilt(built, exit_code=1)["problems"]
    assert (problem["place"], problem["found"]) == ("songs / mixed / unique", "built from nothing, its inputs differ")


def test_an_unfinished_build_is_nothing_to_compare(built: Pile) -> None:
    (built.store.folder(Address.of_domain("books", "shard_plan")) / "manifest.json").unlink()
    assert "A build is due" in built.ask("verify", "--rebuild", exit_code=1)["error"]["cause"]


def test_a_threshold_that_changes_the_rule_and_no_verdict_is_followed(fresh: Pile) -> None:
    """The rule a document was dropped by is worded otherwise; `unique` says all the same which version it was decided on."""
    fresh.build()
    policies = fresh.corpus.registry / "policies"
    policies.mkdir()
    text = (DEFAULT_FOLDER / "policies" / "prose_and_code.yaml").read_text()
    assert f"{THRESHOLD}0" in text
    (policies / "prose_and_code.yaml").write_text(text.replace(f"{THRESHOLD}0", f"{THRESHOLD}1"))
    built = fresh.build()
    assert (built["materialized"]["eligible"], built["materialized"]["unique"]) == (5, 0)
    assert rebuilt(fresh)["whole"]
