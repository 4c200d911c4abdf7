"""Dagster has no page for the lineage of a partition: the links in metadata are that page, and lead both ways."""

import re

from pile_assets_tests.browser.dagster_pages import NAVIGATION, Ui


def follow(ui: Ui, text: str) -> dict[str, str]:
    """Click a link in a table of metadata, and read the page it leads to."""
    before = ui.page.url
    ui.page.click(text, "table a")
    ui.page.wait(lambda: ui.page.url != before, f"the link {text} leads nowhere")
    return ui.shown_partition(text.partition("/")[2])


def linked(field: str) -> list[str]:
    """The first column of a table in metadata."""
    return re.findall(r"^[a-z_]+/[a-z0-9-]+", field, flags=re.MULTILINE)


def test_one_walks_by_links_from_a_shard_to_a_source_partition_and_back(ui, live):
    shard = next(name for name in live.shards("books") if name.startswith("permissive-"))
    made_of = linked(ui.partition("shards/books", shard)["made_of"])
    assert sorted(made_of) == ["songs/book-1", "songs/book-2", "songs/book-3"]
    for source_partition in made_of:
        source, _, partition = source_partition.partition("/")
        lands_in = linked(follow(ui, source_partition)["lands_in"])
        assert ui.page.url == f"/assets/{source}/unique?view=partitions&partition={partition}"
        assert f"books/{shard}" in lands_in
        back = follow(ui, f"books/{shard}")
        assert ui.page.url == f"/assets/shards/books?view=partitions&partition={shard}"
        assert linked(back["made_of"]) == made_of


def test_every_shard_that_a_source_partition_lands_in_names_it_in_turn(ui):
    lands_in = linked(ui.partition("songs/unique", "book-1")["lands_in"])
    assert len(lands_in) > 1
    for shard in lands_in:
        assert "songs/book-1" in linked(ui.partition("shards/books", shard.partition("/")[2])["made_of"])


def test_the_inputs_of_a_shard_and_the_plan_lead_to_them_too(ui, live):
    shard = live.shards("books")[0]
    inputs = linked(ui.partition("books/shard_inputs", shard)["inputs"])
    ui.page.go("/assets/books/shard_plan?view=overview")
    ui.page.see(*(f"books/{name}" for name in live.shards("books")))
    follow(ui, f"books/{shard}")
    assert sorted(linked(ui.metadata()["made_of"])) == sorted(inputs)


def test_the_page_of_a_source_partition_shows_what_became_of_its_documents(ui):
    found = ui.partition("songs/unique", "book-1")
    assert found["dagster/row_count"] == "4"
    assert found["taken"] == "7"
    assert {"licence-held\t1", "near_dup\t1", "too-short\t1"} <= set(found["dropped"].split("\n"))
    assert "fables\t1" in found["duplicates_of"].split("\n")
    with ui.window(1420, 920):
        ui.partition("songs/unique", "book-1")
        ui.picture("ui-source-partition", (NAVIGATION, 0, 1420 - NAVIGATION, 920))
