"""`pile sources`: a record is begun, checked field by field and shown; a source is switched on and off."""

import json
import shutil
from pathlib import Path

import pytest
import yaml

from pile_assets.console.skeleton import FIELDS, hint, skeleton
from pile_assets.registry.models import Record
from pile_assets.registry.plain_yaml import read_yaml
from pile_assets_tests.commands import Pile

FILLED = {
    "title": "Ballads",
    "description": "Old ballads, one file a partition.",
    "homepage": "https://example.org/ballads",
    "domain": "books",
    "connector": "local_folder",
    "options": {"path": "ballads"},
    "partitioning": {"unit": "one file", "pattern": "[a-z]+"},
    "rights_basis": "term_expired",
    "licence": {"raw": "public domain", "spdx": "CC0-1.0", "granularity": "source"},
    "evidence": [
        {"kind": "licence_page", "url": "https://example.org/", "retrieved": "2026-11-01", "sha256": "0" * 64, "quote": "Free."}
    ],
    "preferences": {"robots_txt": "absent", "tdmrep": "absent", "aipref": "unknown", "checked": "2026-11-01"},
    "review": {"status": "documented", "on": "2026-11-01", "expires": "2027-11-01", "sample": {"n": 0, "wrong": 0}},
}


def test_sources_are_listed_with_standing_and_partitions(built_once: Pile) -> None:
    listed = built_once.ask("sources", "list")
    assert [(row["source"], row["standing"], row["review"], row["partitions"]) for row in listed] == [
        ("fables", "running", "documented", 3),
        ("songs", "running", "documented", 2),
    ]


def test_a_new_record_is_explained_field_by_field_and_harms_no_other(built: Pile, tmp_path: Path) -> None:
    built = with_own_registry(built, tmp_path)
    made = built.ask("sources", "new", "ballads")
    problems = built.ask("sources", "check", "ballads", exit_code=1)["problems"]
    told = {problem["field"]: problem for problem in problems}
    for field in ("title", "domain", "connector", "partitioning.pattern", "licence.spdx", "evidence.0.sha256", "review.on"):
        assert told[field]["remedy"] == hint(field)
        assert told[field]["file"] == "ballads.yaml"
        assert told[field]["problem"]
    assert built.build()["release"] == built.release
    assert built.run("sources", "new", "ballads").exit_code == 1, "a record is never overwritten"
    path = Path(made["file"])
    path.write_text(yaml.safe_dump(read_yaml(path) | FILLED))
    assert built.run("sources", "check").exit_code == 0
    (line,) = [row for row in built.ask("sources", "list") if row["source"] == "ballads"]
    assert (line["standing"], line["review"]) == ("off", "documented")


def with_own_registry(pile: Pile, root: Path) -> Pile:
    """The same deployment with a copy of its registry, so that a test may write to it."""
    registry = root / "registry"
    registry.mkdir()
    for path in pile.corpus.registry.glob("*.yaml"):
        (registry / path.name).write_bytes(path.read_bytes())
    pile.corpus.registry = registry
    return pile


def test_the_skeleton_has_every_field_a_record_must_have() -> None:
    written = yaml.safe_load(skeleton("ballads", seniority=7))
    needed = {field.alias or name for name, field in Record.model_fields.items() if field.is_required()}
    assert needed <= written.keys()
    assert set(written) <= {field.alias or name for name, field in Record.model_fields.items()}
    assert Record.model_validate(written | FILLED).seniority == 7


def test_every_field_of_a_record_has_words() -> None:
    for name, field in Record.model_fields.items():
        assert (field.alias or name) in FIELDS
    assert hint("evidence.3.sha256") == FIELDS["evidence.sha256"]
    assert hint("mixture.main") == FIELDS["mixture"]
    assert hint("no_such_field") is None


@pytest.mark.parametrize("name", ["Ballads", "9ballads", "../ballads", "", "b" * 61])
def test_a_name_that_cannot_be_a_source_is_refused(fresh: Pile, name: str) -> None:
    before = sorted(fresh.corpus.root.rglob("*"))
    assert fresh.run("sources", "new", name).exit_code == 1
    assert sorted(fresh.corpus.root.rglob("*")) == before


def test_all_problems_of_all_records_are_listed_at_once(fresh: Pile) -> None:
    record = fresh.corpus.registry / "songs.yaml"
    good = json.loads(record.read_text())
    record.write_text(json.dumps(good | {"domain": "ballads", "tier": 99, "seniorty": 3}))
    (fresh.corpus.registry / "broken.yaml").write_text("id: [unclosed")
    problems = fresh.ask("sources", "check", exit_code=1)["problems"]
    assert {(problem["file"], problem["field"]) for problem in problems} == {
        ("broken.yaml", ""),
        ("songs.yaml", "domain"),
        ("songs.yaml", "tier"),
        ("songs.yaml", "seniorty"),
    }
    assert all(problem["remedy"] for problem in problems)
    assert fresh.run("sources", "check", "fables").exit_code == 0
    shown = fresh.run("sources", "check")
    assert shown.exit_code == 1
    assert "what belongs there" in shown.stdout


def test_a_record_anywhere_can_be_checked_by_its_path(fresh: Pile, tmp_path: Path) -> None:
    path = tmp_path / "ballads.yaml"
    path.write_text(skeleton("ballads", seniority=7))
    assert fresh.run("sources", "check", str(path)).exit_code == 1
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | FILLED))
    assert fresh.run("sources", "check", str(path)).exit_code == 0


def test_a_source_switched_off_leaves_the_corpus_and_returns_without_being_read_again(built: Pile) -> None:
    release = built.release
    assert built.ask("sources", "disable", "songs")[0]["standing"] == "off"
    built.build()
    assert {row["source"] for row in built.ask("sql", "select distinct source from shards")} == {"fables"}
    assert built.ask("sources", "enable", "songs")[0]["standing"] == "running"
    again = built.build()
    assert again["release"] == release
    assert set(again["touched"]) <= {"unique", "dedup", "shard_plan", "shards", "legal_kit", "cards", "release"}
    assert built.run("verify").exit_code == 0


def test_options_are_overridden_and_given_back(built: Pile, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    built.ask("sources", "enable", "songs", "--option", f"path={elsewhere}")
    shown = built.ask("sources", "show", "songs")
    assert shown["override"] == {"enabled": True, "options": {"path": str(elsewhere)}}
    assert shown["record"]["options"] == {"path": str(elsewhere)}
    assert built.ask("plan", "--quick", "--source", "songs")["pending"]["songs"]["partitions"] == {
        "mixed": "eligible",
        "plain": "eligible",
    }
    built.ask("sources", "enable", "songs", "--option", "path=")
    assert built.ask("sources", "show", "songs")["record"]["options"] == {"path": str(built.corpus.folder("songs"))}
    assert set(built.build()["materialized"].values()) == {0}


def test_an_option_that_the_connector_does_not_know_is_refused_before_it_is_saved(built: Pile) -> None:
    refused = built.ask("sources", "enable", "songs", "--option", "pth=elsewhere", exit_code=1)
    assert "options.pth" in refused["error"]["cause"]
    assert built.ask("sources", "show", "songs")["override"] is None


def test_an_option_that_only_says_where_to_ask_has_nothing_worked_again(built: Pile, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(built.corpus.folder("songs"), moved)
    built.ask("sources", "enable", "songs", "--option", f"path={moved}")
    assert set(built.build()["worked"].values()) == {0}


def test_an_unknown_source_suggests_the_right_one(built_once: Pile) -> None:
    for command in ("show", "check", "enable", "disable"):
        refused = built_once.ask("sources", command, "song", exit_code=1)
        assert refused["error"]["remedy"] == "Is it one of these: songs?"
