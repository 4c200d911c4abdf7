"""What an operator launches by hand: nothing to do is said plainly, force is obeyed, several partitions go in one run."""

from pile_assets_tests.browser.dagster_pages import NAVIGATION
from pile_assets_tests.browser.devtools import WIDTH

BACKFILL = """query ($id: String!) {partitionBackfillOrError(backfillId: $id) {... on PartitionBackfill {status}}}"""
UNCHANGED = "Unchanged: everything it depends on is as it was when this was made, so nothing was done."


def test_a_shard_launched_for_nothing_succeeds_and_says_so_on_the_run_and_on_its_page(ui, live):
    content, shard = live.content(), live.shards("books")[0]
    ui.partition("shards/books", shard)
    said = ui.finished_run(ui.launch())
    assert "Unchanged: shards/books is up to date, so nothing was done." in said
    assert "ASSET_MATERIALIZATION" not in said.split("\n")
    ui.picture("ui-run-unchanged", (NAVIGATION, 0, WIDTH - NAVIGATION, 880))
    assert ui.partition("shards/books", shard)["unchanged"].startswith(UNCHANGED)
    assert live.content() == content


def test_a_shard_launched_with_force_is_materialized_again_with_the_same_bytes(ui, live):
    content, shard = live.content(), live.shards("books")[-1]
    before = ui.partition("shards/books", shard)
    run = ui.launch("ops: {shards__books: {config: {force: true}}}")
    assert "ASSET_MATERIALIZATION" in ui.finished_run(run).split("\n")
    after = ui.partition("shards/books", shard)
    assert run[:8] in ui.page.text
    assert after["made_of"] == before["made_of"]
    assert after["changed_because"] == "nothing: it was written again, and its documents are the same"
    assert "unchanged" not in after
    assert live.content() == content


def test_a_shards_page_shows_what_it_is_made_of_and_why_it_was_written(ui, live):
    sources = {shard: ui.partition("shards/books", shard)["thumbnail"] for shard in live.shards("books")}
    mixed = next(shard for shard, picture in sources.items() if "fables" in picture and "songs" in picture)
    with ui.window(1420, 1010):
        found = ui.partition("shards/books", mixed)
        ui.picture("ui-shard", (NAVIGATION, 0, 1420 - NAVIGATION, 1010))
    assert {"dagster/row_count", "made_of", "changed_because", "thumbnail", "licences"} <= found.keys()
    assert "█" in found["thumbnail"]
    assert "CC0-1.0" in found["licences"]


def test_a_range_of_partitions_is_worked_in_one_run_over_all_assets_of_the_source(ui, live):
    before, content, partitions = live.runs(), live.content(), ("volume-2", "volume-3", "volume-4")
    backfill = ui.launch_group("fables", partitions)
    live.wait(lambda: live.runs().keys() - before.keys(), "the backfill launches no run")
    live.settle()
    (run,) = live.runs().keys() - before.keys()
    assert {"Success", backfill, "11 assets"} <= set(ui.finished_run(run).replace(" / ", "\n").split("\n"))
    live.wait(lambda: backfill_status(live, backfill) != "REQUESTED", "the backfill does not end")
    assert backfill_status(live, backfill) == "COMPLETED_SUCCESS"
    ui.log_says(run, "New versions", "New versions: nothing. Unchanged: 33 steps. Quarantined: 0. Failed: 0.")
    for partition in partitions:
        assert ui.partition("fables/eligible", partition)["unchanged"].startswith(UNCHANGED)
    assert "unchanged" not in ui.partition("fables/eligible", "volume-5")
    assert live.content() == content


def backfill_status(live, backfill: str) -> str:
    """What the page of backfills says of it: one in which a partition has no materialization has failed."""
    asked = live.ask(BACKFILL, id=backfill)["partitionBackfillOrError"]
    return str(asked["status"])
