"""What an operator may launch in the UI: it does what it says, says when there is nothing to do, and refuses with a reason."""

import asyncio
import json

import dagster as dg
import yaml
from dagster._core.loader import LoadingContextForTest

from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.registry.plain_yaml import read_yaml
from pile_assets_tests.deployments import document
from pile_assets_tests.graph.daemon import Daemon, failure, metadata, said
from pile_assets_tests.mirror import peps
from pile_assets_tests.mirror.server import Mirror

CHAIN = ["raw", "documents", "length", "cleaned", "signatures", "eligible"]


def chain(source: str, *stages: str) -> list[list[str]]:
    return [[source, stage] for stage in stages or CHAIN]


def config(source: str, **fields: object) -> dict[str, object]:
    return {"ops": {f"chain_{source}": {"config": fields}}}


def edit_record(daemon: Daemon, source: str, **fields: object) -> None:
    path = daemon.corpus.registry / f"{source}.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | fields))


def test_a_range_of_partitions_runs_all_stages_and_reports_each(daemon):
    daemon.look()
    result = daemon.launch(chain("fables"), partitions=("one", "two"))
    assert result.success
    for stage in CHAIN:
        assert {event.partition for event in daemon.materializations(["fables", stage])} == {"one", "two"}
    event = daemon.materializations(["fables", "documents"], "one")[0]
    assert metadata(event)["dagster/row_count"] == 4
    assert "CC0-1.0 | 4" in metadata(event)["licences"]
    assert event.tags["dagster/code_version"]


def test_a_run_on_something_unchanged_says_so_and_makes_no_event(built):
    before = built.events()
    result = built.launch(chain("fables"), partition="one")
    assert result.success
    assert "Unchanged: everything asked for is up to date" in said(result, built.instance)
    assert built.events() == before
    for stage in CHAIN:
        note = built.observations(["fables", stage], "one")[0]
        assert "force: true" in metadata(note)["unchanged"]


def test_a_range_launched_for_nothing_reports_the_same_versions_since_dagster_would_call_it_failed(built):
    versions = {stage: built.version(["fables", stage], "one") for stage in CHAIN}
    assert built.launch(chain("fables"), partitions=("one", "two")).success
    for stage in CHAIN:
        assert len(built.materializations(["fables", stage], "one")) == 2
        assert built.version(["fables", stage], "one") == versions[stage]
        assert "force: true" in metadata(built.materializations(["fables", stage], "one")[0])["unchanged"]
    (first, *_, last) = sorted(built.instance.get_dynamic_partitions("shards/books"))
    assert built.launch([["shards", "books"]], partitions=(first, last)).success
    assert len(built.materializations(["shards", "books"], first)) == 2


def test_a_check_is_never_older_than_the_versions_it_speaks_of(built):
    """Dagster greys out a result that is older than its asset's last materialization."""
    built.corpus.publish("fables", "three", [document("fable-three")])
    built.settle()
    works = (["fables", "eligible"], ["dedup"], ["shards", "books"], ["release"])
    for asset, name in ((["fables", "documents"], "licence_reviewed"), *((work, "keeps_up") for work in works)):
        key = dg.AssetCheckKey(dg.AssetKey(asset), name)
        result = built.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
        assert asyncio.run(result.targets_latest_materialization(LoadingContextForTest(built.instance))), key


def test_the_planners_runs_write_no_such_notes(daemon):
    daemon.settle()
    daemon.corpus.publish("fables", "three", [document("fable-three")])
    daemon.settle()
    assert daemon.observations(["fables", "raw"]) == []


def test_force_does_the_steps_again_but_asks_no_publisher(built):
    before = built.materializations(["fables", "raw"], "one")
    assert built.launch(chain("fables"), partition="one", config=config("fables", force=True)).success
    assert len(built.materializations(["fables", "raw"], "one")) == len(before)
    first, second = built.materializations(["fables", "eligible"], "one")
    assert first.tags["dagster/data_version"] == second.tags["dagster/data_version"]


def test_refetch_also_asks_the_publisher(built):
    assert built.launch(chain("fables"), partition="one", config=config("fables", refetch=True)).success
    assert len(built.materializations(["fables", "raw"], "one")) == 2


def test_refetch_does_not_answer_from_what_was_downloaded_before(daemon, monkeypatch):
    monkeypatch.setenv("PILE_CONTACT", "mailto:corpus@example.org")
    with Mirror() as mirror:
        peps.publish(mirror, peps.commit(1), {f"peps/pep-{number:04d}.rst": peps.pep(number) for number in (1, 2, 101)})
        record = read_yaml(DEFAULT_FOLDER / "python_peps.yaml") | {"enabled": True, "options": peps.options(mirror)}
        record |= {"filters": ["length"], "policy": "plain"}
        (daemon.corpus.registry / "python_peps.yaml").write_text(yaml.safe_dump(record))
        daemon.reload()
        assert not daemon.build().failed
        archive = f"/python/peps/tar.gz/{peps.commit(1)}"
        assert len(mirror.asked(archive)) == 1
        for refetch, asked in ((False, 1), (True, 2)):
            forced = config("python_peps", force=True, refetch=refetch)
            assert daemon.launch(chain("python_peps"), partitions=("pep-0000", "pep-0100"), config=forced).success
            assert len(mirror.asked(archive)) == asked


def test_some_stages_alone_are_worked_alone(daemon):
    daemon.look()
    assert daemon.launch(chain("fables", "raw", "documents"), partition="one").success
    assert daemon.materializations(["fables", "documents"], "one")
    assert not daemon.materializations(["fables", "length"], "one")


def test_a_stage_without_its_input_is_refused_with_the_next_step(daemon):
    daemon.look()
    result = daemon.launch(chain("fables", "cleaned"), partition="one")
    assert "nothing to read" in failure(result)
    assert "all stages" in failure(result)


def test_a_partition_added_by_hand_is_refused_and_the_corpus_stays(built):
    built.instance.add_dynamic_partitions("fables", ["invented"])
    result = built.launch(chain("fables"), partition="invented")
    assert "fables / invented: The publisher has never listed such a partition" in failure(result)
    assert "delete it" in failure(result)
    assert built.decide().requests == []


def test_a_shard_that_is_not_planned_is_refused(built):
    built.instance.add_dynamic_partitions("shards/books", ["permissive-0"])
    result = built.launch([["shards", "books"]], partition="permissive-0")
    assert "has no shard permissive-0" in failure(result)
    assert "materialize books/shard_plan" in failure(result)


def test_a_source_whose_review_does_not_admit_it_is_refused_also_by_hand(built):
    review = {"status": "needs_review", "on": "2026-11-23", "expires": "2027-11-23", "sample": {"n": 0, "wrong": 0}}
    edit_record(built, "fables", review=review)
    built.reload()
    result = built.launch(chain("fables"), partition="one", config=config("fables", force=True))
    assert "fables: The source may not yield documents" in failure(result)
    assert "Next:" in failure(result)
    assert built.tick() == ["corpus/release"]  # whose cards say from now on that these documents wait for a review
    assert built.tick() == []


def test_one_partition_that_fails_stops_no_other_and_the_run_names_it_with_cause_and_next_step(daemon):
    daemon.look()
    (daemon.corpus.folder("fables") / "one.jsonl").unlink()
    result = daemon.launch(chain("fables"), partitions=("one", "two"))
    assert failure(result).startswith("fables / one: one.jsonl is gone. Next: ")
    assert daemon.materializations(["fables", "eligible"], "two")
    assert not daemon.materializations(["fables", "raw"], "one")


def test_a_quarantined_partition_fails_no_run_and_is_shown_where_it_stopped(daemon):
    edit_record(daemon, "fables", size_cap={"partition_bytes": 3_000})
    daemon.corpus.publish("fables", "two", [document("short", "A short line.")])
    daemon.look()
    result = daemon.launch(chain("fables"), partitions=("one", "two"))
    assert result.success
    assert "fables / one: " in said(result, daemon.instance)
    note = metadata(daemon.observations(["fables", "raw"], "one")[0])
    assert "cap" in note["quarantined"]
    assert note["next_step"]
    assert daemon.materializations(["fables", "eligible"], "two")


def test_shard_plan_dedup_and_release_launched_for_nothing_say_so(built):
    for key in (["dedup"], ["books", "shard_plan"], ["release"]):
        result = built.launch([key])
        assert result.success
        assert "Unchanged" in said(result, built.instance)
        assert len(built.materializations(key)) == 1
        assert "force: true" in metadata(built.observations(key)[0])["unchanged"]


def test_a_release_shows_what_each_recipe_makes_of_it_as_its_manifest_has_it(built):
    event = built.materializations(["release"])[0]
    manifest = json.loads((built.corpus.home / "releases" / f"{built.version(['release'])}.json").read_bytes())
    header, _, *rows = metadata(event)["mixtures"].splitlines()
    assert header == "| recipe | rows | text | tokens, estimated |"
    told = {row.split(" | ")[0].strip("| "): row.split(" | ")[1::2] for row in rows}
    totals = {recipe: one["totals"] for recipe, one in manifest["mixtures"].items()}
    assert told.keys() == totals.keys() == {"cooldown", "main"}
    for recipe, (drawn, tokens) in told.items():
        assert drawn == f"{totals[recipe]['rows']:,}"
        assert tokens.removesuffix(" |") == f"{totals[recipe]['tokens']:,}"
    assert totals["main"]["rows"] > 0, "else nothing was shown"


def test_a_shard_launched_with_force_is_written_again(built):
    (shard, *_) = sorted(built.instance.get_dynamic_partitions("shards/books"))
    assert built.launch([["shards", "books"]], partition=shard).success
    assert len(built.materializations(["shards", "books"], shard)) == 1
    forced = {"ops": {"shards__books": {"config": {"force": True}}}}
    assert built.launch([["shards", "books"]], partition=shard, config=forced).success
    assert len(built.materializations(["shards", "books"], shard)) == 2
