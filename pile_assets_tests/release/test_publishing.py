"""Publishing: one content one directory, work that goes with the change, and what stops a release."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pile_assets.build import build
from pile_assets.errors import PileError
from pile_assets.filters import FILTERS
from pile_assets.filters.model import Filter
from pile_assets.publishing import CREDITS
from pile_assets.release import (
    check,
    check_cards,
    dataset_card,
    datasheet,
    directory,
    history,
    layout,
    legal_kit,
    manifest,
)
from pile_assets.store import Store
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.release import released


def contents(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def published_on(corpus: Corpus, day: date) -> Path:
    """Build on a certain day, and where the latest release is."""
    session = corpus.deployment.open(today=day)
    assert not build(session).failed
    return directory.folder(session.view.store, directory.latest(session.view.store) or "")


def credits_written(corpus: Corpus) -> set[Path]:
    return set((corpus.home / "store" / "domains").glob(f"*/{CREDITS}/*/*.parquet"))


def test_a_release_has_its_first_day_for_ever_and_tells_what_changed_since_the_one_before(tmp_path: Path) -> None:
    corpus = released.corpus(tmp_path)
    first = published_on(corpus, date(2026, 11, 25))
    before, rows = contents(first), credits_written(corpus)
    assert json.loads(before[layout.CROISSANT])["datePublished"] == "2026-11-25"
    assert b"nothing to compare it with" in before[layout.CHANGES]

    corpus.publish("fables", "two", [document("fable-late")])
    second = published_on(corpus, date(2026, 11, 30))
    assert second != first
    assert contents(first) == before
    told = (second / layout.CHANGES).read_text()
    assert "| documents | 13 | 14 |" in told
    assert "Shards changed: 1" in told
    assert [one.version for one in history.read(Store(corpus.home))] == ["2026.11.0", "2026.11.1"]
    # the new document lands in one shard, whose rows of credit alone are written
    assert len(credits_written(corpus) - rows) == 1

    corpus.withdraw("fables", "two")
    assert published_on(corpus, date(2027, 2, 1)) == first
    assert contents(first) == before


def test_a_directory_that_was_lost_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    corpus = released.corpus(tmp_path)
    root = published_on(corpus, date(2026, 11, 25))
    before = contents(root)
    store = Store(corpus.home)
    directory.remove(store, root.name)
    (corpus.home / "store" / "corpus" / "release" / "all" / "manifest.json").unlink()
    assert published_on(corpus, date(2031, 1, 1)) == root
    assert contents(root) == before


def test_part_files_are_the_stores_own_and_take_no_room(whole: Path, published: Corpus) -> None:
    part = sorted(whole.glob("permissive/*/*/*.parquet"))[0]
    original = published.home / "store" / "domains" / part.parts[-3] / "shards" / part.parts[-2] / part.name
    assert part.samefile(original)


def test_families_are_apart_and_their_texts_go_along(whole: Path) -> None:
    families = {path.name for path in whole.iterdir() if list(path.glob("*/*/*.parquet"))}
    assert families == {"public-domain", "permissive", "sharealike", "database"}
    assert {path.stem for path in (whole / layout.LICENCES).iterdir()} == {
        *("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-4.0", "OGL-UK-3.0", "ODbL-1.0", "MIT", "Apache-2.0"),
    }
    text = (whole / layout.NOTICE).read_text()
    assert "Contains public sector information licensed under the Open Government Licence v3.0." in text
    assert "Open Database License" in text.replace("\n", " ")


def test_everybody_whose_licence_asks_for_it_is_credited(whole: Path) -> None:
    rows = pl.read_parquet(whole / layout.ATTRIBUTION)
    assert rows.height == 13
    assert "papers:mixed/uncredited" not in rows["doc_id"].to_list()
    hostile = rows.filter(pl.col("doc_id") == "papers:mixed/hostile").row(0, named=True)
    assert (hostile["authors"], hostile["title"], hostile["licence_url"]) == (
        "Zoë Müller",
        released.HOSTILE,
        "https://creativecommons.org/licenses/by/4.0/",
    )
    assert rows.filter(pl.col("modified"))["doc_id"].to_list() == ["papers:mixed/mail"]


def test_composition_counts_decades_languages_origins_and_levels(whole: Path) -> None:
    by = json.loads((whole / layout.COMPOSITION).read_bytes())["by"]
    assert by["decade"]["1890s"]["docs"] == 2
    assert by["decade"]["1930s"]["docs"] == 2
    assert sum(one["docs"] for one in by["language"].values()) == 13
    assert by["origin"] == {"human": {"docs": 13, "bytes": by["origin"]["human"]["bytes"]}}
    assert list(by["review"]) == ["documented"]


# -- mixtures ------------------------------------------------------------------------------------------------------


def mixtures_of(release: Path) -> Any:
    return json.loads((release / layout.MANIFEST).read_bytes())["mixtures"]


def test_a_release_says_what_each_recipe_makes_of_each_source(whole: Path) -> None:
    rows = pl.concat([pl.read_parquet(path) for path in whole.glob("*/*/*/*.parquet") if layout.FIND not in path.parts])
    rows = rows.filter(pl.col("family").is_not_null())
    told = mixtures_of(whole)
    assert list(told) == ["cooldown", "main"]
    papers, fables = (rows.filter(source=name) for name in ("papers", "fables"))
    assert told["main"]["sources"]["papers"] == {
        "weight": 1.0,
        "docs": 7,
        "rows": 7,
        "bytes": papers["bytes"].sum(),
        "tokens": papers["bytes"].sum() // 4,
    }
    drawn = told["main"]["sources"]["fables"]
    assert (drawn["weight"], drawn["docs"]) == (2.25, 6)
    assert 12 <= drawn["rows"] <= 18
    assert drawn["bytes"] >= 2 * fables["bytes"].sum()
    assert told["cooldown"]["sources"]["fables"] == {"weight": 0.0, "docs": 0, "rows": 0, "bytes": 0, "tokens": 0}
    assert 0 < told["cooldown"]["sources"]["papers"]["docs"] < 7
    for one in told.values():
        assert one["totals"]["rows"] == sum(source["rows"] for source in one["sources"].values())
        assert one["tokens"] == "UTF-8 bytes / 4"
    card = (whole / layout.CARD).read_text()
    assert "## Mixtures" in card
    assert f"| papers | 1 | 7 | 7 | {papers['bytes'].sum():,} |" in card


@pytest.mark.parametrize("recipe", ["main", "cooldown"])
def test_an_export_is_what_the_release_says_of_its_recipe(published: Corpus, whole: Path, tmp_path: Path, recipe: str) -> None:
    written = Pile(published).ask("export", "--mixture", recipe, "--out", str(tmp_path / "set"))
    told = mixtures_of(whole)[recipe]
    assert written["totals"] == told["totals"]
    assert written["sources"] == {name: drawn for name, drawn in told["sources"].items() if name in written["sources"]}
    assert not any(drawn["rows"] for name, drawn in told["sources"].items() if name not in written["sources"])


def set_weights(corpus: Corpus, source: str, **weights: float) -> None:
    path = corpus.registry / f"{source}.yaml"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"mixture": weights}))


def test_another_weight_makes_another_release_of_the_same_shards_and_its_return_the_first(tmp_path: Path) -> None:
    corpus = released.corpus(tmp_path)
    first = published_on(corpus, date(2026, 11, 25))
    before = contents(first)
    set_weights(corpus, "papers", main=3, cooldown=0.5)
    report = build(corpus.deployment.open(today=date(2026, 11, 26)))
    assert set(report.touched) == {"cards", "release"}
    second = published_on(corpus, date(2026, 11, 26))
    assert second != first
    assert mixtures_of(second)["main"]["sources"]["papers"]["rows"] == 21
    assert {name for name in contents(second) if name.endswith(".parquet")} == {n for n in before if n.endswith(".parquet")}
    set_weights(corpus, "papers", **released.MIXTURES["papers"])
    assert published_on(corpus, date(2026, 11, 27)) == first
    assert contents(first) == before


def test_a_recipe_that_cannot_be_read_is_named_and_stops_no_build(tmp_path: Path) -> None:
    corpus = released.corpus(tmp_path)
    (corpus.registry / "mixtures").mkdir()
    (corpus.registry / "mixtures" / "main.yaml").write_text("schema: 1\nid: main\n")
    release = published_on(corpus, date(2026, 11, 25))
    assert list(mixtures_of(release)) == ["cooldown"]
    assert check.run((*check.CHECKS, *check_cards.CHECKS), check.Release(release)) == []
    (problem,) = corpus.deployment.open(rehearse=True).registry.problems
    assert "mixtures/main.yaml is refused" in problem.cause
    assert "Until then a release does not say what the recipe main makes of it" in problem.remedy
    (corpus.registry / "mixtures" / "main.yaml").unlink()
    assert list(mixtures_of(published_on(corpus, date(2026, 11, 25)))) == ["cooldown", "main"]


def test_a_release_from_before_mixtures_were_told_keeps_its_id_and_stands(root: Path) -> None:
    """Its manifest has none of them, nor have its facts of sources."""
    listed = json.loads((root / layout.MANIFEST).read_bytes())
    section = dataset_card.mixtures(listed.pop("mixtures"))
    old = manifest.again(listed)
    (root / layout.MANIFEST).write_bytes(manifest.to_bytes(old))
    sources = json.loads((root / layout.SOURCES).read_bytes())
    (root / layout.SOURCES).write_text(json.dumps({name: {**facts, "mixture": {}} for name, facts in sources.items()}))
    card = (root / layout.CARD).read_text()
    (root / layout.CARD).write_text(card.replace(section, "").replace(listed["id"], old["id"]))
    released.reseal(root)
    assert old.keys() == listed.keys()
    assert "mixtures" not in {found.check for found in check.run((*check.CHECKS, *check_cards.CHECKS), check.Release(root))}


# -- what stops a release ------------------------------------------------------------------------------------------


def test_a_licence_without_a_text_stops_the_release_and_is_named(tmp_path: Path, monkeypatch) -> None:
    corpus = released.corpus(tmp_path)
    monkeypatch.setattr(legal_kit, "_text", lambda identifier: None if identifier == "MIT" else b"text")
    with pytest.raises(PileError, match="There is no text of MIT") as refused:
        build(corpus.deployment.open())
    assert "licence_texts" in refused.value.remedy
    assert directory.latest(Store(corpus.home)) is None


def test_there_is_a_text_of_every_accepted_licence() -> None:
    from pile_assets.licensing.accepted import ACCEPTED

    assert legal_kit.texts({"all": {spdx: {} for spdx in ACCEPTED}}, notices=True)


def test_a_filter_without_a_rationale_stops_the_datasheet() -> None:
    silent = Filter(**{**vars(FILTERS["length"]), "rationale": "  "})
    with pytest.raises(PileError, match="The filters length do not say why they exist"):
        datasheet.rationales(["length", "pii"], {**FILTERS, "length": silent})
    assert datasheet.rationales(FILTERS).keys() == FILTERS.keys()


def test_licence_files_of_a_distribution_go_along_word_for_word(tmp_path: Path) -> None:
    licence = "MIT License\n\nCopyright (c) 2020 Ada Example\n"
    assert legal_kit.notices_text([("demo/LICENSE", licence.encode()), ("demo/NOTICE", b"\xff raw")]) == (
        b"==== demo/LICENSE ====\n\n" + licence.encode() + b"\n==== demo/NOTICE ====\n\n\xff raw\n"
    )
