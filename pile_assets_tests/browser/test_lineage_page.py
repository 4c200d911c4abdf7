"""The lineage page: one box per source and domain, which opens to its stages."""

from urllib.parse import quote

from pile_assets_tests.browser.dagster_pages import Ui

GROUPS = ("fables", "songs", "statutes", "duplicates", "shards_books", "shards_legal", "release")
NODES = "[...document.querySelectorAll('foreignObject > *')].filter(shown).map(words)"
OUTLINE = 475
"""Width of the navigation and the list of groups beside the graph."""


def boxes(ui: Ui) -> list[str]:
    """What the boxes of the graph say."""
    return [text for text in ui.page.evaluate(NODES) if text]


def has_boxes(ui: Ui, *names: str) -> bool:
    return all(any(name in text.split() for text in boxes(ui)) for name in names)


def test_collapsed_it_is_one_box_per_source_and_domain(ui):
    with ui.window(1500, 700):
        ui.page.go("/asset-groups")
        ui.page.wait(lambda: has_boxes(ui, *GROUPS), "not every group has a box")
        assert not has_boxes(ui, "documents")
        assert not has_boxes(ui, "dedup")


def test_a_box_opens_to_the_stages_of_a_source(ui):
    ui.page.go("/asset-groups")
    ui.page.wait(lambda: has_boxes(ui, *GROUPS), "not every group has a box")
    ui.page.click("songs", "foreignObject *")
    ui.page.wait(lambda: has_boxes(ui, "cleaned"), "the group does not open")
    assert "songs" in ui.page.url


def test_expanded_it_shows_the_way_from_a_source_to_the_release(ui):
    groups = ",".join(f"global@global:{group}" for group in ("songs", "duplicates", "shards_books", "release"))
    with ui.window(1900, 1000):
        ui.page.go(f"/asset-groups?expanded={quote(groups)}")
        stages = ("upstream", "raw", "documents", "cleaned", "signatures", "eligible")
        expected = (*stages, "dedup", "unique", "shard_plan", "shard_inputs", "books", "release", "fables", "shards_legal")
        ui.page.wait(lambda: has_boxes(ui, *expected), "not every asset has a box")
        ui.page.wait(lambda: "Loading" not in " ".join(boxes(ui)), "boxes keep loading")
        ui.picture("ui-lineage", 900, left=OUTLINE + 60)
