"""Events stored in batches are those that Dagster stores one by one."""

from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from pile_assets.graph import event_batches
from pile_assets.graph.event_batches import in_batches

KEY = dg.AssetKey(["fables", "raw"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


def report(instance: dg.DagsterInstance, partitions: list[str], version: str = "1") -> None:
    for partition in partitions:
        event = dg.AssetMaterialization(KEY, partition=partition, metadata={"n": 1}, tags={"dagster/data_version": version})
        instance.report_runless_asset_event(event)


def known(instance: dg.DagsterInstance) -> dict[str, str]:
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    tags = instance.event_log_storage.get_latest_tags_by_partition(KEY, kind, ["dagster/data_version"])
    return {partition: found["dagster/data_version"] for partition, found in tags.items()}


@pytest.mark.parametrize("statements", [1, 7, 1000])
def test_every_event_is_there_whatever_the_size_of_a_batch(instance, monkeypatch, statements):
    monkeypatch.setattr(event_batches, "STATEMENTS", statements)
    partitions = [f"p{number}" for number in range(10)]
    with in_batches(instance):
        report(instance, partitions)
        report(instance, partitions[:3], "2")
    assert known(instance) == dict.fromkeys(partitions, "1") | dict.fromkeys(partitions[:3], "2")
    assert instance.get_materialized_partitions(KEY) == set(partitions)
    records = instance.fetch_materializations(KEY, limit=100).records
    assert [record.partition_key for record in records] == [*partitions[2::-1], *partitions[::-1]]


def test_inside_a_batch_what_was_stored_is_seen_and_outside_only_after_it(instance):
    with dg.DagsterInstance.from_ref(instance.get_ref()) as other:
        with in_batches(instance):
            report(instance, ["one"])
            assert known(instance) == {"one": "1"}
            assert known(other) == {}
        assert known(other) == {"one": "1"}


def test_what_was_stored_before_an_error_stays(instance):
    def fail() -> None:
        with in_batches(instance):
            report(instance, ["one"])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert known(instance) == {"one": "1"}
    report(instance, ["two"])
    assert set(known(instance)) == {"one", "two"}


def test_events_of_a_run_can_be_batched(instance):
    @dg.op
    def step(context: dg.OpExecutionContext) -> None:
        with in_batches(context.instance):
            for number in range(5):
                context.log_event(dg.AssetMaterialization(KEY, partition=f"p{number}"))
            context.log.info("among them")

    @dg.job(executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    result = job.execute_in_process(instance=instance)
    assert result.success
    assert len(instance.get_materialized_partitions(KEY)) == 5
    logged = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert "among them" in logged


def test_dagster_still_has_what_batching_leans_on():
    """When Dagster changes these, batches must be looked at again; until then `in_batches` would fail loudly or do nothing."""
    for name in ("_connect", "_initdb", "conn_string_for_shard", "has_table"):
        assert callable(getattr(SqliteEventLogStorage, name))


def test_an_instance_without_sqlite_is_left_alone():
    with dg.DagsterInstance.ephemeral() as instance:
        with in_batches(instance):
            report(instance, ["one"])
        assert known(instance) == {"one": "1"}
