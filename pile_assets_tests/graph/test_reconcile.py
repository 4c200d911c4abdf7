"""Whatever was done to Dagster's records, reconcile makes them those of the store, and touches nothing that is right."""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest

from pile_assets.chain import Outcome
from pile_assets.deployment import Deployment
from pile_assets.graph.events import ABSENT
from pile_assets.graph.reconcile import Reconciled, differs, reconcile
from pile_assets.graph.working import working
from pile_assets.state import Override, State
from pile_assets.store import Address, Store
from pile_assets_tests.deployments import document
from pile_assets_tests.graph.daemon import Daemon, metadata

RAW = dg.AssetKey(["fables", "raw"])


def again(daemon: Daemon) -> Reconciled:
    return reconcile(daemon.instance, Deployment.from_environment().open())


def differences(daemon: Daemon) -> list[str]:
    return list(differs(daemon.instance, Deployment.from_environment().open()))


def wipe(daemon: Daemon) -> None:
    daemon.instance.wipe_assets([RAW])


def delete_partition(daemon: Daemon) -> None:
    daemon.instance.delete_dynamic_partition("fables", "one")


def delete_shard(daemon: Daemon) -> None:
    daemon.instance.delete_dynamic_partition("shards/books", daemon.instance.get_dynamic_partitions("shards/books")[0])


def report_by_hand(daemon: Daemon) -> None:
    daemon.instance.report_runless_asset_event(dg.AssetMaterialization(RAW, partition="one"))


def report_a_false_version(daemon: Daemon) -> None:
    event = dg.AssetMaterialization(RAW, partition="one", tags={"dagster/data_version": "invented"})
    daemon.instance.report_runless_asset_event(event)


def report_a_false_release(daemon: Daemon) -> None:
    daemon.instance.report_runless_asset_event(dg.AssetMaterialization("release"))


def report_what_is_not_there(daemon: Daemon) -> None:
    daemon.instance.add_dynamic_partitions("fables", ["invented"])
    daemon.instance.report_runless_asset_event(dg.AssetMaterialization(RAW, partition="invented"))


MEDDLING = [
    wipe,
    delete_partition,
    delete_shard,
    report_by_hand,
    report_a_false_version,
    report_a_false_release,
    report_what_is_not_there,
]


def state(daemon: Daemon) -> dict[str, object]:
    """Everything Dagster says of versions and partitions that exist in the corpus."""
    known: dict[str, object] = {
        name: sorted(daemon.instance.get_dynamic_partitions(name)) for name in ("fables", "shards/books")
    }
    for key in sorted(daemon.instance.all_asset_keys()):
        for event in reversed(daemon.materializations(key.path)):
            known[f"{key.to_user_string()}/{event.partition}"] = (event.tags or {}).get("dagster/data_version")
    return known


def test_a_build_leaves_nothing_to_tell(built):
    assert differences(built) == []
    done = again(built)
    assert (done.reported, done.partitions, done.absent, done.checks) == (0, 0, 0, 0)
    assert done.compared > 20


def test_what_the_daemon_did_is_what_reconcile_would_tell(daemon):
    daemon.settle()
    assert differences(daemon) == []


@pytest.mark.parametrize("meddle", MEDDLING)
def test_meddling_is_seen_and_healed_and_the_corpus_is_untouched(built, meddle):
    before = state(built)
    meddle(built)
    assert differences(built)
    again(built)
    assert differences(built) == []
    after = state(built)
    assert {name: after[name] for name in before if name != "fables"} == {
        name: before[name] for name in before if name != "fables"
    }
    assert built.decide().requests == []


def test_a_report_of_something_the_store_does_not_hold_is_taken_back_once(built):
    report_what_is_not_there(built)
    assert again(built).absent == 1
    assert built.version(RAW.path, "invented") == ABSENT
    assert again(built).reported == 0


def test_a_key_that_is_no_partition_is_left_where_it_is(built):
    built.instance.add_dynamic_partitions("fables", ["invented"])
    again(built)
    assert "invented" in built.instance.get_dynamic_partitions("fables")


@pytest.fixture
def fresh_instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_a_lost_database_is_filled_again_without_computing_anything(built, fresh_instance):
    before = state(built)
    built.instance = fresh_instance
    done = again(built)
    assert done.reported == done.compared
    assert state(built) == before
    assert not any(built.build().materialized.values())


def test_a_shard_reported_again_does_not_pretend_to_know_why_it_was_written(built, fresh_instance):
    (shard, *_) = built.instance.get_dynamic_partitions("shards/books")
    assert "joined with" in metadata(built.materializations(["shards", "books"], shard)[0])["changed_because"]
    built.instance = fresh_instance
    again(built)
    assert "reported again" in metadata(built.materializations(["shards", "books"], shard)[0])["changed_because"]


def test_work_that_a_run_is_at_is_left_to_that_run(built):
    wipe(built)
    with working("sources/fables"):
        assert differences(built) == []
        done = again(built)
        assert done.busy == ["sources/fables"]
        assert done.reported == 0
    assert again(built).reported == 2


def test_a_build_tells_of_new_code_also_where_the_output_is_the_old(built):
    """`materialized` with an unchanged data version: only the outcome knows of it."""
    session = Deployment.from_environment().open()
    view = session.view
    manifest = view.need(Address.of_source("fables", "length", "one"))
    outcome = Outcome(manifest.address, "worked", manifest, replace(manifest, code_version="0"))
    done = reconcile(built.instance, session, outcomes=[outcome])
    assert done.events == {"fables/length": 1}


def test_the_sensor_launches_the_job_only_where_two_looks_find_the_same_difference(built):
    assert isinstance(built.evaluate("reconcile_when_different"), dg.SkipReason)
    wipe(built)
    assert isinstance(built.evaluate("reconcile_when_different"), dg.SkipReason)
    found = built.evaluate("reconcile_when_different")
    assert isinstance(found, dg.RunRequest)
    assert built.run("reconcile").success
    assert isinstance(built.evaluate("reconcile_when_different"), dg.SkipReason)


def test_the_sensor_leaves_a_build_alone(built):
    wipe(built)
    with Store(built.corpus.home).lock("pile build", exclusive=True):
        found = built.evaluate("reconcile_when_different")
    assert isinstance(found, dg.SkipReason)
    assert "pile build" in str(found.skip_message)


def test_a_source_that_was_switched_off_is_shown_as_long_as_the_store_holds_something_of_it(built):
    State(built.corpus.home).save_override("songs", Override(enabled=False))
    built.reload()
    assert built.rest() == ["corpus/dedup", "domains/books", "corpus/release"]
    assert differences(built) == []
    built.corpus.publish("songs", "beta", [document("beta")])
    assert built.settle() == []
