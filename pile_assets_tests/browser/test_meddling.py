"""Wipe, Add partition, Delete partition and Report materialization: Dagster's records suffer and heal, the corpus never does.

Each is done through the page, as an operator would; the planner must ask for no work for it, only reconcile may run.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pile_assets_tests.browser.deployment import Deployed

WIPE = """mutation ($ranges: [PartitionsByAssetSelector!]!) {wipeAssets(assetPartitionRanges: $ranges) {
  __typename ... on PythonError {message}}}"""
REPORT = """mutation ($event: ReportRunlessAssetEventsParams!) {reportRunlessAssetEvents(eventParams: $event) {
  __typename ... on PythonError {message}}}"""
LATEST = """query ($key: AssetKeyInput!, $partition: String!) {assetOrError(assetKey: $key) {... on Asset {
  assetMaterializations(limit: 1, partitions: [$partition]) {description}}}}"""


@contextmanager
def harmless(live: Deployed, *also: str) -> Iterator[None]:
    """What happens inside leaves every byte of the corpus as it is and makes no work, but for reconciling and `also`."""
    content, before = live.content(), live.runs()
    yield
    live.settle()
    assert {work for run, work in live.runs().items() if run not in before} <= {"reconcile", *also}
    assert live.content() == content


def test_wiped_shards_are_told_again_with_what_they_are_made_of(ui, live):
    shard = live.shards("books")[0]
    made_of = ui.partition("shards/books", shard)["made_of"]
    with harmless(live):
        ui.wipe("shards/books")
    found = ui.partition("shards/books", shard)
    assert found["made_of"] == made_of
    assert "reported again from the store" in found["changed_because"]
    assert "Missing (0)" in ui.status("shards/books")


def test_everything_wiped_at_once_is_told_again_and_nothing_is_worked(ui, live):
    nodes = live.ask("{assetNodes {assetKey {path}}}")["assetNodes"]
    with harmless(live):
        found = live.ask(WIPE, ranges=[{"assetKey": {"path": node["assetKey"]["path"]}} for node in nodes])
        assert found["wipeAssets"]["__typename"] == "AssetWipeSuccess"
    for asset in ("fables/raw", "songs/unique", "shards/books", "books/shard_inputs"):
        assert "Missing (0)" in ui.status(asset)
    assert "lands_in" in ui.partition("songs/unique", "book-1")


@pytest.mark.parametrize(("asset", "partition"), [("fables/documents", "volume-2"), ("shards/books", "sharealike-all")])
def test_a_deleted_partition_comes_back(ui, live, asset, partition):
    before = ui.partition(asset, partition)
    with harmless(live):
        ui.delete_partition(asset, partition)
    found = ui.partition(asset, partition)
    assert found["dagster/row_count"] == before["dagster/row_count"]
    assert "Missing (0)" in ui.status(asset)


@pytest.mark.parametrize(
    ("asset", "partition", "reason"),
    [
        ("fables/documents", "volume-99", "The publisher has never listed such a partition"),
        ("shards/books", "permissive-0101", "The plan of books has no shard permissive-0101"),
    ],
)
def test_an_added_partition_is_refused_with_a_reason_and_can_be_deleted(ui, live, asset, partition, reason):
    with harmless(live, "__ASSET_JOB"):
        ui.add_partition(asset, partition)
        ui.page.go(f"/assets/{asset}?view=partitions&partition={partition}")
        ui.page.see("Missing (1)")
        said = ui.finished_run(ui.launch())
        assert reason in said
        assert "delete" in said
        ui.delete_partition(asset, partition)
    assert "Missing (0)" in ui.status(asset)


def test_a_materialization_reported_of_a_real_partition_is_replaced_by_the_truth(ui, live):
    shard = live.shards("books")[0]
    made_of = ui.partition("shards/books", shard)["made_of"]
    with harmless(live):
        ui.report("shards/books", shard)
    assert ui.partition("shards/books", shard)["made_of"] == made_of


def test_a_materialization_reported_of_what_the_store_does_not_hold_is_taken_back(ui, live):
    with harmless(live):
        ui.add_partition("fables/eligible", "volume-98")
        event = {"eventType": "ASSET_MATERIALIZATION", "assetKey": {"path": ["fables", "eligible"]}}
        found = live.ask(REPORT, event=event | {"partitionKeys": ["volume-98"]})
        assert found["reportRunlessAssetEvents"]["__typename"] == "ReportRunlessAssetEventsSuccess"
    asset = live.ask(LATEST, key={"path": ["fables", "eligible"]}, partition="volume-98")["assetOrError"]
    assert "The store holds nothing here." in asset["assetMaterializations"][0]["description"]
    ui.delete_partition("fables/eligible", "volume-98")
    live.settle()


def test_an_upstream_version_reported_by_hand_makes_no_work(ui, live):
    with harmless(live):
        ui.report("fables/upstream", "volume-1")
    assert ui.partition("fables/upstream", "volume-1")["present"] == "true"
