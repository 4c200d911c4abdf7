"""`pile build` and `pile plan`: what they report, that the forecast is the fact, and that nothing but the input decides."""

import json
import shutil
from pathlib import Path

import pytest

from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import document, prose, with_changed_word


def test_a_build_reports_what_it_did_and_the_next_one_nothing(fresh: Pile) -> None:
    first = fresh.build()
    chain = ["raw", "documents", "length", "language", "gopher_quality", "gopher_repetition", "code_quality", "pii"]
    for stage in ("upstream", *chain, "cleaned", "signatures", "eligible", "unique"):
        assert first["materialized"][stage] == 5
    assert (first["materialized"]["dedup"], first["materialized"]["shards"], first["materialized"]["release"]) == (1, 5, 1)
    assert (first["documents"], first["shards"]) == (25, 5)
    assert first["release"] == fresh.release
    assert (first["quarantined"], first["failed"]) == ([], [])
    assert first["seconds"] > 0
    second = fresh.build()
    assert set(second["materialized"].values()) == {0}
    assert set(second["worked"].values()) == {0}
    assert second["touched"] == {}
    assert second["release"] == first["release"]


def test_a_build_ends_with_a_table_per_source_and_the_release(fresh: Pile) -> None:
    result = fresh.run("build", "--no-dagster")
    assert result.exit_code == 0
    assert "public-domain 15" in result.stdout
    assert "permissive 5, sharealike 1" in result.stdout
    assert f"Release: {fresh.release}" in result.stdout
    assert "Where the time went" in result.stdout
    assert "embedded default" not in result.stdout


def test_the_embedded_default_says_what_it_is_and_how_to_have_more(tmp_path: Path, fresh: Pile) -> None:
    """Its own record, with one small distribution in place of those installed here; the network sources are off."""
    from pile_assets.registry.load import DEFAULT_FOLDER

    registry = tmp_path / "default"
    registry.mkdir()
    site = tmp_path / "site"
    install(site)
    for path in DEFAULT_FOLDER.glob("*.yaml"):
        (registry / path.name).write_bytes(path.read_bytes())
    (registry / "python_standard_library.yaml").unlink()
    fresh.corpus.registry = registry
    assert fresh.run("sources", "enable", "python_distributions", "--option", f"site_packages=[{site}]").exit_code == 0
    result = fresh.run("build", "--no-dagster")
    assert result.exit_code == 0, result.output
    assert "mostly permissively licensed code" in result.stdout
    assert "pile sources enable project_gutenberg python_peps" in result.stdout
    assert [row["partition"] for row in fresh.ask("sql", "from upstream")] == ["tales"]


def install(site: Path) -> None:
    """A distribution of one module, as an installer leaves it."""
    package, info = site / "tales", site / "tales-1.0.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    functions = [f"def grind_{n}(grain, stones):\n    return [grain] * stones + [{n}]\n" for n in range(20)]
    (package / "mill.py").write_text("\n".join(functions))
    (info / "METADATA").write_text("Metadata-Version: 2.4\nName: tales\nVersion: 1.0\nLicense-Expression: Apache-2.0\n\n")
    (info / "RECORD").write_text("tales/mill.py,,\ntales-1.0.dist-info/METADATA,,\n")


def test_every_forecast_is_the_fact(fresh: Pile) -> None:
    """One event after the other on one corpus; what `plan` says is touched, `build` touches, and no file of a shard before."""
    corpus = fresh.corpus

    def nothing() -> None: ...

    def added() -> None:
        corpus.publish("songs", "added", [document("added-1"), document("added-2")])

    def changed() -> None:
        corpus.publish("songs", "added", [document("added-1"), document("added-2", prose("changed"))])

    def late_duplicate() -> None:
        corpus.publish("songs", "late", [document("near", with_changed_word(prose("fable-two-1"))), document("late")])

    def withdrawn() -> None:
        corpus.withdraw("fables", "two")

    def returned() -> None:
        corpus.publish("fables", "two", [document(f"fable-two-{i}") for i in range(5)])

    def broken() -> None:
        corpus.publish("songs", "late", [document("twice"), document("twice")])

    def switched_off() -> None:
        fresh.run("sources", "disable", "songs")

    changes = (added, changed, late_duplicate, withdrawn, returned, broken, nothing, switched_off, nothing)
    for event in (nothing, nothing, *changes):
        event()
        published = fresh.shard_files()
        planned = json.loads(fresh.run("plan", "--json").stdout)
        assert fresh.shard_files() == published, "a forecast must publish nothing"
        built = json.loads(fresh.run("build", "--no-dagster", "--json").stdout)
        figures = ("touched", "materialized", "documents", "document_bytes", "shards", "shard_files", "shard_bytes")
        assert {name: planned[name] for name in figures} == {name: built[name] for name in figures}, event.__name__
        assert len(planned["failed"]) == len(built["failed"])
    assert fresh.run("verify").exit_code == 0


def test_a_build_takes_up_what_a_forecast_rehearsed(fresh: Pile) -> None:
    fresh.ask("plan")
    built = fresh.build()
    assert built["materialized"]["shards"] == 5
    worked = {stage: count for stage, count in built["worked"].items() if count}
    assert worked == {"unique": 5, "dedup": 1, "shard_plan": 1, "legal_kit": 1, "cards": 1, "release": 1}


def test_a_quick_plan_reads_no_text_and_names_what_is_pending(fresh: Pile) -> None:
    forecast = fresh.ask("plan", "--quick")
    assert {source: sorted(due["partitions"]) for source, due in forecast["pending"].items()} == {
        "fables": ["one", "three", "two"],
        "songs": ["mixed", "plain"],
    }
    sizes = [path.stat().st_size for path in fresh.corpus.folder("songs").iterdir()]
    assert forecast["pending"]["songs"]["bytes"] == sum(sizes)
    assert not (fresh.corpus.home / "store").exists()
    assert not (fresh.corpus.home / "state").exists()
    fresh.build()
    assert fresh.ask("plan", "--quick")["pending"] == {}


def test_a_plan_says_which_sources_stay_apart_and_why(fresh: Pile) -> None:
    fresh.build()
    record = fresh.corpus.registry / "songs.yaml"
    record.write_text(record.read_text().replace('"domain"', '"domian"'))
    for arguments in ((), ("--quick",)):
        apart = fresh.ask("plan", *arguments)["apart"]
        assert list(apart) == ["songs"]
        assert apart["songs"].startswith("frozen: ")
        assert "apart: songs is frozen" in fresh.run("plan", *arguments).stderr


def test_a_source_can_be_asked_alone(fresh: Pile) -> None:
    built = fresh.build("--source", "songs")
    assert built["touched"]["raw"] == ["songs/mixed", "songs/plain"]
    refused = fresh.ask("build", "--source", "ballads", exit_code=1)
    assert "pile sources enable ballads" in refused["error"]["remedy"]


def test_two_homes_registries_in_other_order_and_other_threads_give_the_same_bytes(fresh: Pile, tmp_path: Path) -> None:
    """Each in a process of its own, so that no hash seed is shared."""
    other = Pile(type(fresh.corpus)(tmp_path / "other", ()))
    for name in sorted(("fables", "songs"), reverse=True):
        record = fresh.corpus.registry / f"{name}.yaml"
        (other.corpus.registry / record.name).write_bytes(record.read_bytes())
    other.corpus.shard_bytes = fresh.corpus.shard_bytes
    runs = [fresh.start("build", "--no-dagster", "--threads", "1"), other.start("build", "--no-dagster", "--threads", "2")]
    for run in runs:
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
    assert fresh.shard_files() == other.shard_files()
    assert len(fresh.shard_files()) > 5
    assert fresh.release == other.release


def test_failed_partitions_are_named_and_the_exit_code_is_3(fresh: Pile) -> None:
    fresh.corpus.publish("songs", "twins", [document("same"), document("same")])
    built = fresh.build(exit_code=3)
    (failed,) = built["failed"]
    assert (failed["source"], failed["partition"]) == ("songs", "twins")
    assert failed["cause"]
    assert failed["remedy"]
    assert built["materialized"]["shards"] == 5
    told = fresh.run("build", "--no-dagster")
    assert told.exit_code == 3
    assert "Failed: the next build tries again" in told.stdout


def test_a_quarantined_partition_is_named_until_it_is_mended(fresh: Pile) -> None:
    record = fresh.corpus.registry / "songs.yaml"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"size_cap": {"partition_bytes": 4_000}}))
    built = fresh.build(exit_code=3)
    (note,) = built["quarantined"]
    assert (note["source"], note["partition"], note["stage"]) == ("songs", "mixed", "raw")
    again = fresh.build(exit_code=3)
    assert again["quarantined"] == built["quarantined"]
    assert set(again["materialized"].values()) == {0}
    status = fresh.run("status")
    assert status.exit_code == 0
    assert "In quarantine" in status.stdout
    fresh.corpus.publish("songs", "mixed", [document("small")])
    assert fresh.build()["quarantined"] == []


def test_dagster_is_told_and_losing_its_database_costs_nothing(
    built: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build tells Dagster what the store holds, though nothing had to be done; a new database is told all of it again."""
    records = tmp_path / "dagster"
    monkeypatch.setenv("DAGSTER_HOME", str(records))

    def empty_database() -> None:
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir()
        (records / "dagster.yaml").write_text("telemetry: {enabled: false}\n")

    empty_database()
    first = built.ask("build")
    assert set(first["materialized"].values()) == {0}
    assert first["dagster_seconds"] > 0
    assert built.ask("reconcile")["reported"] == 0
    empty_database()
    told = built.ask("reconcile")
    assert told["events"]["songs/raw"] == 2
    assert told["reported"] == sum(told["events"].values()) > 60
    assert set(built.ask("build")["materialized"].values()) == {0}
