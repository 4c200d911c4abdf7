"""A bad record names file, field and remedy, and never takes another source down."""

import json
from datetime import date
from pathlib import Path

import pytest

from pile_assets import sources
from pile_assets.deployment import Deployment
from pile_assets.errors import PileError, RegistryError
from pile_assets.registry.load import DEFAULT_FOLDER, load, read_record
from pile_assets.registry.models import Level
from pile_assets.registry.plain_yaml import read_yaml
from pile_assets.state import State, sources_of

TODAY = date(2026, 11, 25)


def good_record() -> dict:
    record: dict = read_yaml(DEFAULT_FOLDER / "python_distributions.yaml")
    return record


def write(folder: Path, record: dict, name: str | None = None) -> Path:
    path = folder / f"{name or record['id']}.yaml"
    path.write_text(json.dumps(record, default=str))
    return path


def test_every_shipped_record_is_good() -> None:
    registry = load()
    assert registry.problems == ()
    assert set(registry.records) == {"python_distributions", "python_standard_library", "python_peps", "project_gutenberg"}


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("domain", "poetry", "domain"),
        ("refresh", "whenever", "refresh"),
        ("filters", ["length", "length"], "filters"),
        ("filters", ["no_such_filter"], "no_such_filter"),
        ("policy", "no_such_policy", "no_such_policy"),
        ("connector", "no_such_connector", "no_such_connector"),
        ("connector", "../../etc", "connector"),
        ("colour", "red", "colour"),
        ("options", {"site_package": ["x"]}, "options.site_package"),
        ("evidence", [], "evidence"),
        ("partitioning", {"unit": "x", "pattern": "("}, "partitioning"),
        ("size_cap", {"document_bytes": 0}, "size_cap.document_bytes"),
    ],
)
def test_a_field_at_fault_is_named(tmp_path: Path, field: str, value: object, named: str) -> None:
    write(tmp_path, good_record() | {field: value})
    (problem,) = load(tmp_path).problems
    assert named in str(problem)
    assert "python_distributions.yaml" in problem.cause
    assert "pile sources check" in problem.remedy


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, good_record() | {"domain": "poetry", "seniority": -1, "colour": "red"})
    with pytest.raises(RegistryError) as error:
        read_record(path)
    assert len(error.value.problems) == 3


def test_a_verified_source_needs_a_sample_of_twenty(tmp_path: Path) -> None:
    record = good_record()
    record["review"] |= {"status": "verified", "by": ["licence desk"], "sample": {"n": 19, "wrong": 0}}
    write(tmp_path, record)
    assert "20 documents" in str(load(tmp_path).problems[0])
    record["review"]["sample"]["n"] = 20
    write(tmp_path, record)
    assert load(tmp_path).problems == ()


@pytest.mark.parametrize("content", ["- just\n- a list\n", "id: [unclosed\n", "!!python/object/apply:os.getcwd []\n", "\x00"])
def test_a_file_that_is_no_record_leaves_the_others_standing(tmp_path: Path, content: str) -> None:
    write(tmp_path, good_record())
    (tmp_path / "broken.yaml").write_text(content)
    registry = load(tmp_path)
    assert set(registry.records) == {"python_distributions"}
    assert registry.broken == {"broken"}


def test_two_sources_cannot_share_a_seniority(tmp_path: Path) -> None:
    write(tmp_path, good_record() | {"id": "another"})
    write(tmp_path, good_record())
    (problem,) = load(tmp_path).problems
    assert "already that of another" in problem.cause


def test_the_order_in_which_files_lie_does_not_matter(tmp_path: Path) -> None:
    for name, number in (("zebra", 3), ("ant", 9), ("mole", 1)):
        write(tmp_path, good_record() | {"id": name, "seniority": number})
    assert list(load(tmp_path).records) == ["ant", "mole", "zebra"]


def test_a_record_that_breaks_later_freezes_its_source_instead_of_withdrawing_it(tmp_path: Path) -> None:
    folder = tmp_path / "registry"
    folder.mkdir()
    path = write(folder, good_record())
    state = State(tmp_path)
    assert set(sources_of(load(folder), state, Level.DOCUMENTED, TODAY).running) == {"python_distributions"}
    path.write_text("id: [")
    sources = sources_of(load(folder), state, Level.DOCUMENTED, TODAY)
    assert not sources.running
    assert set(sources.present) == {"python_distributions"}


@pytest.mark.parametrize("status", ["proposed", "needs_review", "expired", "suspended", "rejected"])
def test_a_source_whose_review_does_not_admit_it_does_not_run(tmp_path: Path, status: str) -> None:
    record = good_record()
    record["review"]["status"] = status
    write(tmp_path, record)
    sources = sources_of(load(tmp_path), State(tmp_path), Level.DOCUMENTED, TODAY)
    assert not sources.running
    assert status in sources.refused["python_distributions"]
    assert set(sources.present) == ({"python_distributions"} if status in ("needs_review", "expired") else set())


def test_a_deployment_can_ask_for_verified_sources_only(tmp_path: Path) -> None:
    write(tmp_path, good_record())
    sources = sources_of(load(tmp_path), State(tmp_path), Level.VERIFIED, TODAY)
    assert "admits from verified" in sources.refused["python_distributions"]


@pytest.mark.parametrize(
    "setting", [{"PILE_SHARD_BYTES": "much"}, {"PILE_SHARD_BYTES": "0"}, {"PILE_ADMIT": "rejected"}, {"PILE_ADMIT": "all"}]
)
def test_a_setting_that_cannot_be_used_is_explained(setting: dict[str, str]) -> None:
    with pytest.raises(PileError, match="PILE_SHARD_BYTES is a number"):
        Deployment.from_environment(setting)


def test_a_verified_collection_needs_a_licence_unless_each_document_has_its_own(tmp_path: Path) -> None:
    record = good_record()
    record["review"] |= {"status": "verified", "by": ["licence desk"], "sample": {"n": 20, "wrong": 0}}
    record["licence"]["granularity"] = "source"
    write(tmp_path, record)
    assert "unknown licence" in str(load(tmp_path).problems[0])


def test_the_words_on_and_no_are_words(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text("on: no\nyes: true\n")
    assert read_yaml(path) == {"on": "no", "yes": True}


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text("a: 1\na: 2\n")
    with pytest.raises(ValueError, match="twice"):
        read_yaml(path)


def test_aliases_cannot_blow_up_a_small_file(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    path.write_text("a: &a [1, 1]\nb: [*a, *a]\n")
    with pytest.raises(ValueError, match="aliases"):
        read_yaml(path)


def test_a_connector_that_cannot_be_imported_takes_down_its_own_source_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torn.py").write_text("def discover(\n")
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path)])
    write(tmp_path, good_record())
    write(tmp_path, good_record() | {"id": "other", "connector": "torn", "seniority": 77})
    registry = load(tmp_path)
    assert set(registry.records) == {"python_distributions"}
    assert "torn.py cannot be imported: SyntaxError" in registry.problems[0].cause
