"""From 1,000 characters on Dagster hides Markdown behind a button; whatever matters must be readable without one."""

import pytest

from pile_assets.state import State
from pile_assets_tests.deployments import document

BUTTON = "[Show Markdown]"
INLINE = 1000

EVENTS = """query ($key: AssetKeyInput!) {assetOrError(assetKey: $key) {... on Asset {
  assetMaterializations(limit: 500) {partition metadataEntries {label ... on MarkdownMetadataEntry {mdStr}}}
  assetObservations(limit: 500) {partition metadataEntries {label ... on MarkdownMetadataEntry {mdStr}}}}}}"""


def markdown(live) -> dict[tuple[str, str, str], str]:
    """(asset, partition, field) -> Markdown, of every event of every asset."""
    found = {}
    for node in live.ask("{assetNodes {assetKey {path}}}")["assetNodes"]:
        path = node["assetKey"]["path"]
        asset = live.ask(EVENTS, key={"path": path})["assetOrError"]
        for event in asset.get("assetMaterializations", []) + asset.get("assetObservations", []):
            for entry in event["metadataEntries"]:
                if "mdStr" in entry:
                    found["/".join(path), event["partition"] or "", entry["label"]] = entry["mdStr"]
    return found


def test_only_a_whole_list_beside_its_inline_form_is_too_long_to_be_shown_in_place(live):
    found = markdown(live)
    assert {field for _, _, field in found} >= {"made_of", "lands_in", "changed_because", "thumbnail", "licences", "dropped"}
    for (asset, partition, field), text in found.items():
        if len(text) >= INLINE:
            assert field.endswith("_full"), f"{asset} {partition} {field}"
            assert len(found[asset, partition, field.removesuffix("_full")]) < INLINE


def test_what_is_short_is_shown_in_place_and_what_is_long_says_where_the_rest_is(ui, live):
    live.corpus.publish("statutes", "year-2013", [document("statute-2013")])
    live.wait(lambda: "year-2013" in State(live.corpus.home, rehearse=True).catalogue("statutes"), "a look at the new year")
    live.settle()
    found = ui.partition("shards/legal", "public-domain-all")
    assert [field for field, text in found.items() if BUTTON in text] == ["made_of_full"]
    assert "more: see made_of_full" in found["made_of"]
    assert "statutes/year-20" in found["made_of"]
    assert found["changed_because"] == "statutes/year-2013 joined with 1 document"
    assert "100.0 % statutes" in found["thumbnail"]


def test_the_button_opens_the_whole_list(ui):
    ui.partition("shards/legal", "public-domain-all")
    ui.page.click(BUTTON, "a, button, span", exact=False)
    ui.page.see(*(f"statutes/year-{year}" for year in range(2001, 2013)))


@pytest.mark.parametrize(
    "page",
    [
        "songs/documents?view=partitions&partition=book-1",
        "songs/eligible?view=partitions&partition=book-1",
        "songs/unique?view=partitions&partition=book-1",
        "books/shard_plan?view=overview",
        "dedup?view=overview",
        "release?view=overview",
    ],
)
def test_the_pages_of_the_other_stages_have_no_such_button(ui, page):
    ui.page.go(f"/assets/{page}")
    assert ui.metadata()
    assert BUTTON not in ui.page.text
