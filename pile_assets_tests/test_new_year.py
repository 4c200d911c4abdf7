"""1 January in a real build: exactly the works whose term ends turn, and only their shards change."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pile_assets.build import BuildReport, build
from pile_assets.deployment import Deployment
from pile_assets.errors import PileError
from pile_assets.store import Address
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.mirror import gutenberg
from pile_assets_tests.mirror.server import Mirror
from pile_assets_tests.test_build import rows, shard_bytes

OLD_YEAR, NEW_YEAR = date(2026, 12, 31), date(2027, 1, 1)

RENEWED_1931 = {"published": 1931, "country": "US", "deaths": [1950], "renewed": True}
RENEWED_1932 = {"published": 1932, "country": "US", "deaths": [1950], "renewed": True}
DIED_1956 = {"published": 1920, "country": "US", "deaths": [1956]}
LONG_FREE = {"published": 1890, "country": "US", "deaths": [1899]}
NOT_SEARCHED = {"published": 1955, "country": "US", "deaths": [1990]}
REPORT = {"published": 2015, "country": "US", "deaths": [None], "government": "US"}


def work(name: str, **facts: object) -> dict[str, object]:
    return document(name, licence="LicenseRef-PublicDomain", public_domain=facts)


def library(root: Path) -> Corpus:
    """Partitions with and without works that turn, and one without any term."""
    corpus = Corpus(root, ("novels", "reports"), shard_bytes=3_000)
    corpus.publish("novels", "of-1931", [work("turns", **RENEWED_1931), work("free", **LONG_FREE), document("dedicated")])
    corpus.publish("novels", "of-1932", [work("turns-later", **RENEWED_1932), work("also-free", **LONG_FREE)])
    corpus.publish("novels", "open", [document(f"open-{i}") for i in range(4)])
    corpus.publish("novels", "unsearched", [work("unsearched", **NOT_SEARCHED), work("no-facts"), document("beside-it")])
    corpus.publish("reports", "survey", [work("survey", **REPORT), work("of-1920", **DIED_1956)])
    return corpus


def run(corpus: Corpus, today: date, *jurisdictions: str) -> BuildReport:
    """Forecast, build on that day, and check that the one is the other."""
    deployment = Deployment(corpus.home, corpus.registry, corpus.shard_bytes, jurisdictions=jurisdictions or ("US",))
    forecast = build(deployment.open(rehearse=True, today=today))
    report = build(deployment.open(today=today))
    assert forecast.touched == report.touched
    assert not report.failed
    return report


def kept(corpus: Corpus) -> set[str]:
    return {identifier.rpartition("/")[2] for identifier in rows(corpus)["id"]}


def holders(corpus: Corpus, name: str) -> set[str]:
    """The shards that hold a document."""
    return {file.partition("/")[0] for file in shard_bytes(corpus) if name in _ids(corpus, file)}


def _ids(corpus: Corpus, file: str) -> str:
    return " ".join(pl.read_parquet(corpus.home / "store/domains/books/shards" / file, columns=["id"])["id"])


def test_on_1_january_exactly_the_works_of_1931_turn_and_only_their_shards_change(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    run(corpus, OLD_YEAR)
    before, had = shard_bytes(corpus), kept(corpus)
    assert had == {"free", "dedicated", "also-free", *(f"open-{i}" for i in range(4)), "beside-it", "survey", "of-1920"}

    report = run(corpus, NEW_YEAR)
    assert kept(corpus) - had == {"turns"}
    assert had - kept(corpus) == set()
    changed = {file.partition("/")[0] for file, _ in before.items() ^ shard_bytes(corpus).items()}
    assert changed == holders(corpus, "novels:of-1931/turns")
    assert report.touched["eligible"] == ["novels/of-1931"]
    assert report.touched["unique"] == ["novels/of-1931"]
    assert report.touched.keys() <= {"eligible", "unique", "dedup", "shard_plan", "shards", "legal_kit", "cards", "release"}
    assert {file.partition("/")[0] for file in report.touched["shards"]} == {"books"}

    assert set(run(corpus, date(2027, 12, 31)).materialized.values()) == {0}


def test_a_year_in_which_nothing_turns_touches_nothing(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    run(corpus, date(2028, 6, 1))
    assert set(run(corpus, date(2029, 1, 1)).materialized.values()) == {0}


def test_incremental_over_new_year_equals_a_build_of_the_new_year(tmp_path: Path) -> None:
    grown, fresh = library(tmp_path / "grown"), library(tmp_path / "fresh")
    run(grown, OLD_YEAR)
    run(grown, NEW_YEAR)
    run(fresh, NEW_YEAR)
    assert shard_bytes(grown) == shard_bytes(fresh)


def test_a_deployment_can_ask_for_the_public_domain_of_several_places(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    run(corpus, OLD_YEAR, "EU", "US")
    assert {"free", "also-free", "dedicated", "beside-it"} <= kept(corpus)
    assert {"survey", "of-1920", "turns"}.isdisjoint(kept(corpus))
    run(corpus, NEW_YEAR, "EU", "US")
    assert {"turns", "of-1920"} <= kept(corpus)  # its author died in 1956
    assert "survey" not in kept(corpus)


def test_why_a_work_is_held_is_in_its_verdict(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    run(corpus, OLD_YEAR)
    view = corpus.deployment.open().view
    eligible = view.need(Address.of_source("novels", "eligible", "of-1931"))
    assert eligible.counts.dropped == {"not-public-domain": 1}
    reasons = view.store.read_part(view.store.paths(eligible)[0])["rule"].drop_nulls().to_list()
    assert reasons == ["US: no, renewed (17 USC 304), until the end of 2026 (US-304-R)"]


def test_a_store_with_terms_is_whole_and_its_lineage_shows_them(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    run(corpus, OLD_YEAR)
    pile = Pile(corpus)
    assert pile.ask("verify")["problems"] == []
    shown = pile.run("lineage", "novels:of-1931/turns").stdout
    assert "US-304-R" in shown
    assert "2026" in shown


def test_a_clock_that_goes_back_takes_nothing_back(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    run(corpus, NEW_YEAR)
    assert set(run(corpus, OLD_YEAR).materialized.values()) == {0}
    assert corpus.deployment.open().state.year() == 2027


def test_a_rehearsal_gives_the_corpus_no_year(tmp_path: Path) -> None:
    corpus = library(tmp_path)
    build(corpus.deployment.open(rehearse=True, today=NEW_YEAR))
    assert corpus.deployment.open().state.year() == 0


@pytest.mark.parametrize("setting", ["", "US,", "MARS"])
def test_a_jurisdiction_that_nobody_has_judged_is_refused(setting: str) -> None:
    with pytest.raises(PileError, match="PILE_JURISDICTIONS"):
        Deployment.from_environment({"PILE_JURISDICTIONS": setting})
    assert Deployment.from_environment({"PILE_JURISDICTIONS": "us, eu"}).jurisdictions == ("EU", "US")


def test_gutenberg_is_free_in_the_united_states_and_elsewhere_by_the_deaths_of_its_authors(tmp_path: Path) -> None:
    with Mirror() as mirror:
        books = [
            gutenberg.Book(1, {"1-0.txt": gutenberg.text(gutenberg.chapter(1) * 20)}, died=1898),
            gutenberg.Book(2, {"2-0.txt": gutenberg.text(gutenberg.chapter(2) * 20)}, died=1956),
            gutenberg.Book(3, {"3-0.txt": gutenberg.text(gutenberg.chapter(3) * 20)}),
            gutenberg.Book(4, {"4-0.txt": gutenberg.text(gutenberg.chapter(4) * 20)}, died=1898, role="trl"),
            gutenberg.Book(5, {"5-0.txt": gutenberg.text(gutenberg.chapter(5) * 20)}, died=1898, title="Poems, Translated"),
            gutenberg.Book(6, {"6-0.txt": gutenberg.text(gutenberg.chapter(6) * 20)}, died=-19),  # in whose translation?
        ]
        gutenberg.publish(mirror, *books)
        corpus = Corpus(tmp_path, ())
        corpus.add_source(
            "library",
            0,
            connector="project_gutenberg",
            options=gutenberg.options(mirror, block=1),
            partitioning={"unit": "one book", "pattern": r"ebooks-\d{6}"},
        )
        run(corpus, OLD_YEAR)
        assert judged(corpus) == {1: None, 2: None, 3: None, 4: None, 5: None, 6: None}
        run(corpus, OLD_YEAR, "EU", "UK", "US")
        assert judged(corpus) == {1: None, 2: "EU-PMA", 3: "EU-DEATH-?", 4: "EU-LAYER", 5: "EU-LAYER", 6: "EU-LAYER"}
        report = run(corpus, NEW_YEAR, "EU", "UK", "US")
        assert judged(corpus) == {1: None, 2: None, 3: "EU-DEATH-?", 4: "EU-LAYER", 5: "EU-LAYER", 6: "EU-LAYER"}
        assert report.touched["eligible"] == ["library/ebooks-000002"]


def judged(corpus: Corpus) -> dict[int, str | None]:
    """Book to the rule that keeps it out of the public domain, None where it is free."""
    view = corpus.deployment.open().view
    found = {}
    for partition in view.partitions("sources/library", "eligible"):
        manifest = view.need(Address.of_source("library", "eligible", partition))
        for row in view.store.read_part(view.store.paths(manifest)[0]).iter_rows(named=True):
            held = row["reason"] == "not-public-domain"
            found[int(partition[-6:])] = row["rule"].rpartition("(")[2].rstrip(")") if held else None
    return found
