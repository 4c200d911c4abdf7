"""The lineage page: one box per source and domain, which opens to its stages."""

from urllib.parse import quote

from pile_assets_tests.browser.dagster_pages import Ui

GROUPS = ("fables", "songs", "statutes", "duplicates", "shards_books", "shards_legal", "release")
NODES = "[...document.querySelectorAll('foreignObject > *')].filter(shown).map(words)"
STATUS = "[...document.querySelectorAll('[class*=inimalAssetNodeBox]')].map((box) => getComputedStyle(box).borderColor)"
MATERIALIZED = "rgb(46, 204, 129)"
GRAPH = (541, 110)
"""Left and upper edge of the graph on the page."""


def boxes(ui: Ui) -> list[str]:
    """What the boxes of the graph say."""
    return [text for text in ui.page.evaluate(NODES) if text]


def has_boxes(ui: Ui, *names: str) -> bool:
    return all(any(name in text.split() for text in boxes(ui)) for name in names)


def test_collapsed_it_is_one_box_per_source_and_domain(ui):
    with ui.window(1540, 460):
        ui.page.go("/asset-groups")
        ui.page.wait(lambda: has_boxes(ui, *GROUPS), "not every group has a box")
        ui.page.wait(lambda: "fetching" not in " ".join(boxes(ui)), "the boxes keep fetching")
        ui.picture("ui-lineage", (*GRAPH, 1540 - GRAPH[0], 460 - GRAPH[1]))
    assert not has_boxes(ui, "documents")
    assert not has_boxes(ui, "dedup")


def test_a_box_opens_to_the_stages_of_a_source(ui):
    ui.page.go("/asset-groups")
    ui.page.wait(lambda: has_boxes(ui, *GROUPS), "not every group has a box")
    ui.page.click("songs", "foreignObject *")
    ui.page.wait(lambda: has_boxes(ui, "cleaned"), "the group does not open")
    assert "songs" in ui.page.url


def test_expanded_it_shows_the_way_from_a_source_to_the_shards_with_all_of_it_materialized(ui):
    stages = ("upstream", "raw", "documents", "cleaned", "signatures", "eligible")
    expected = (*stages, "shard_plan", "shard_inputs", "books", "fables", "duplicates", "shards_legal", "release")
    with ui.window(2760, 1280):
        ui.page.go(f"/asset-groups?expanded={quote('global@global:songs,global@global:shards_books')}")
        ui.page.wait(lambda: has_boxes(ui, *expected), "not every asset has a box")
        ui.page.wait(lambda: set(ui.page.evaluate(STATUS)) == {MATERIALIZED}, "not every box is green")
        ui.picture("ui-lineage-open", (*GRAPH, 2760 - GRAPH[0], 1280 - GRAPH[1]))


def test_the_duplicates_of_all_sources_stand_together_before_the_domains(ui):
    groups = ",".join(f"global@global:{group}" for group in ("duplicates", "release"))
    ui.page.go(f"/asset-groups?expanded={quote(groups)}")
    ui.page.wait(lambda: has_boxes(ui, "dedup", "release"), "the groups do not open")
    ui.page.wait(lambda: sum(text == "unique" for text in boxes(ui)) == 3, "not every source has its verdicts there")
