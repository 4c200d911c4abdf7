"""The review queue, decisions on statements, and samples: what clears thousands, and what can never be opened."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pile_assets.build import build
from pile_assets.errors import RegistryError
from pile_assets.licensing import decisions
from pile_assets.licensing.decisions import Decision
from pile_assets.registry.load import load, read_decisions
from pile_assets.review import queue
from pile_assets.review.queue import EXAMPLES, clusters, held
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.test_build import rows

GROUND = {"url": "https://example.org/terms", "retrieved": "2026-11-01", "quote": "Use it as you like, and name us."}
ODD = "free for all who name us"


def decision(**fields: Any) -> dict[str, Any]:
    return {
        "statement": ODD,
        "means": "CC-BY-4.0",
        "reason": "The publisher's terms define these words as CC BY 4.0.",
        "evidence": [GROUND],
        "by": ["role:licence-reviewer"],
        "on": "2026-11-20",
    } | fields


def decide(corpus: Corpus, *entries: dict[str, Any], name: str = "words") -> Path:
    folder = corpus.registry / "decisions"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(entries))
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = Corpus(tmp_path, ("fables", "songs"))
    odd = [document(f"odd-{i}", licence=ODD, author="The Miller") for i in range(7)]
    corpus.publish(
        "fables", "one", [*odd, document("open"), document("silent", licence=""), document("nc", licence="CC-BY-NC-4.0")]
    )
    corpus.publish("songs", "one", [document("odd-song", licence=ODD, author="A. Singer"), document("other", licence="ask us")])
    corpus.publish("songs", "books", [document("term", licence="LicenseRef-PublicDomain", public_domain={"deaths": [None]})])
    build(corpus.deployment.open())
    return corpus


def kept(corpus: Corpus) -> set[str]:
    return {name.rpartition("/")[2] for name in rows(corpus)["id"]}


# -- the queue -----------------------------------------------------------------------------------------------------


def test_documents_of_which_the_same_was_said_are_one_cluster(corpus: Corpus) -> None:
    first, *others = clusters(held(corpus.deployment.open()))
    assert (first.statement, first.documents, dict(first.sources)) == (ODD, 8, {"fables": 7, "songs": 1})
    assert first.examples == [f"fables:one/odd-{i}" for i in range(EXAMPLES)]
    assert {(c.cause, c.statement, c.decidable) for c in others} == {
        ("Licence statement not understood", "ask us", True),
        ("No licence statement covers this file", "", False),
        (queue.NOT_FREE, "US: unknown, the year of publication is not known (US-YEAR-?)", False),
    }


def test_what_is_refused_by_name_is_not_in_the_queue(corpus: Corpus) -> None:
    assert "fables:one/nc" not in {document_.id for document_ in held(corpus.deployment.open())}


def test_the_queue_is_written_once_and_again_when_it_differs(corpus: Corpus) -> None:
    session = corpus.deployment.open()
    manifest = queue.commit(session.view, clusters(held(session)))
    assert manifest is not None
    frame = pl.read_parquet(session.view.store.paths(manifest))
    assert frame.schema == pl.Schema(queue.COLUMNS)
    assert frame["documents"].to_list() == [8, 1, 1, 1]
    assert queue.commit(session.view, clusters(held(session))) is None
    assert Pile(corpus).ask("verify")["problems"] == []


# -- decisions -----------------------------------------------------------------------------------------------------


def test_one_decision_clears_all_that_say_the_same(corpus: Corpus) -> None:
    before = kept(corpus)
    decide(corpus, decision())
    build(corpus.deployment.open())
    assert kept(corpus) - before == {*(f"odd-{i}" for i in range(7)), "odd-song"}
    found = rows(corpus).filter(pl.col("id") == "fables:one/odd-0").row(0, named=True)
    assert (found["licence"], found["family"]) == ("CC-BY-4.0", "permissive")


def test_a_decision_for_a_source_holds_there_only_and_before_a_general_one(corpus: Corpus) -> None:
    decide(corpus, decision(), decision(source="songs", means="CC-BY-NC-4.0"))
    build(corpus.deployment.open())
    assert "odd-0" in kept(corpus)
    assert "odd-song" not in kept(corpus)


def test_what_it_would_admit_is_known_before(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "proposed.yaml"
    path.write_text(json.dumps([decision()]))
    shown = Pile(corpus).ask("review", "preview", str(path))
    assert shown["admitted"] == {"CC-BY-4.0": 8}
    assert shown["sources"] == {"fables": 7, "songs": 1}
    assert "odd-0" not in kept(corpus)
    path.rename(decide(corpus))
    build(corpus.deployment.open())
    assert {name for name in kept(corpus) if name.startswith("odd")} == {*(f"odd-{i}" for i in range(7)), "odd-song"}


def test_who_cannot_be_credited_stays_held_in_the_preview_too(corpus: Corpus, tmp_path: Path) -> None:
    corpus.publish("songs", "plain", [document("anonymous", licence=ODD, author=None)])
    build(corpus.deployment.open())
    path = tmp_path / "proposed.yaml"
    path.write_text(json.dumps([decision()]))
    shown = Pile(corpus).ask("review", "preview", str(path))
    assert (shown["admitted"], sum(shown["still_held"].values())) == ({"CC-BY-4.0": 8}, 1)


def test_a_decision_taken_back_holds_the_documents_again(corpus: Corpus) -> None:
    before = kept(corpus)
    path = decide(corpus, decision())
    build(corpus.deployment.open())
    path.unlink()
    build(corpus.deployment.open())
    assert kept(corpus) == before


def test_a_decision_file_that_breaks_later_withdraws_nothing_and_is_named(corpus: Corpus) -> None:
    path = decide(corpus, decision())
    build(corpus.deployment.open())
    path.write_text("- statement: [")
    build(corpus.deployment.open())
    assert "odd-0" in kept(corpus)
    assert "decisions/words.yaml" in load(corpus.registry).problems[0].cause


def test_the_evidence_of_a_decided_document_names_the_decision(corpus: Corpus) -> None:
    decide(corpus, decision())
    build(corpus.deployment.open())
    pile = Pile(corpus)
    licence = pile.ask("lineage", "fables:one/odd-0")["licence"]
    assert licence["rule"].startswith("decision+")
    assert licence["evidence"][0]["where"] == "decision of 2026-11-20 by role:licence-reviewer"
    assert licence["evidence"][1]["raw"] == ODD


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"evidence": []}, "needs a place where its meaning was read"),
        ({"reason": "ok"}, "at least 20 characters"),
        ({"by": []}, "at least 1 item"),
        ({"means": "some licence"}, "no valid SPDX expression"),
        ({"statement": ""}, "at least 1 character"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_nothing_is_opened_without_ground(corpus: Corpus, fields: dict[str, Any], word: str) -> None:
    with pytest.raises(RegistryError, match=word):
        read_decisions(decide(corpus, decision(**fields)))


@pytest.mark.parametrize("statement", ["", "CC-BY-NC-4.0", f"{ODD}, but not in shops"])
def test_what_is_silent_refused_or_says_something_else_stays_out(corpus: Corpus, statement: str) -> None:
    entry = Decision.model_validate(decision(statement=statement or " "))
    for document_ in held(corpus.deployment.open()):
        assert document_.verdict is None or decisions.apply([entry], document_.verdict, "A. Miller") is document_.verdict


def test_a_licence_that_asks_for_the_authors_line_is_not_given_without(corpus: Corpus) -> None:
    corpus.publish("songs", "plain", [document("anonymous", licence=ODD, author=None)])
    decide(corpus, decision(means="MIT"))
    build(corpus.deployment.open())
    assert "odd-0" in kept(corpus)
    assert "anonymous" not in kept(corpus)


def test_an_excerpt_is_never_taken_for_the_whole(corpus: Corpus) -> None:
    """Two long statements that begin alike are two statements."""
    start = "x" * 600
    corpus.publish("songs", "long-a", [document("a", licence=f"{start} a")])
    corpus.publish("songs", "long-b", [document("b", licence=f"{start} b")])
    build(corpus.deployment.open())
    said = {d.id: d.statement for d in held(corpus.deployment.open()) if d.id.startswith("songs:long")}
    assert len(set(said.values())) == 2
    assert all("[sha256 " in statement for statement in said.values())


# -- samples -------------------------------------------------------------------------------------------------------


def judged(path: Path, **wrong: bool) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        line["wrong"] = wrong.get(line["id"].rpartition("/")[2], False)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_sample_is_drawn_judged_and_recorded(corpus: Corpus, tmp_path: Path) -> None:
    corpus.publish("fables", "many", [document(f"many-{i}") for i in range(40)])
    build(corpus.deployment.open())
    pile, path = Pile(corpus), tmp_path / "sample.jsonl"
    asked = ("review", "sample", "fables", "--n", "25")
    drawn = pile.ask(*asked, "--seed", "7", "--out", str(path))["documents"]
    assert len(set(drawn)) == 25
    assert pile.ask(*asked, "--seed", "7", "--out", str(path))["documents"] == drawn
    assert pile.ask(*asked, "--seed", "8", "--out", str(tmp_path / "other"))["documents"] != drawn

    first = drawn[0].rpartition("/")[2]
    judged(path, **{first: True})
    found = pile.ask("review", "record", "fables", "--file", str(path))
    assert found == {"source": "fables", "n": 25, "wrong": 1, "at_most": pytest.approx(0.1954, abs=1e-4), "repeated": True}
    record = load(corpus.registry).records["fables"]
    assert (record.review.sample.n, record.review.sample.wrong) == (25, 1)
    assert len((corpus.registry / "samples" / "fables.jsonl").read_text().splitlines()) == 25


def test_a_sample_that_is_not_judged_is_refused_with_every_line(corpus: Corpus, tmp_path: Path) -> None:
    pile, path = Pile(corpus), tmp_path / "sample.jsonl"
    pile.ask("review", "sample", "songs", "--n", "5", "--out", str(path))
    path.write_text(path.read_text() + '{"id": "fables:one/open", "wrong": false}\nnonsense\n')
    error = pile.ask("review", "record", "songs", "--file", str(path), exit_code=1)["error"]
    assert "has no judgement" in error["cause"] or "no document of songs" in error["cause"]
    assert "not a line of a sample" in error["cause"]
    assert load(corpus.registry).records["songs"].review.sample.n == 0


def test_a_chosen_sample_is_told_from_a_drawn_one(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "sample.jsonl"
    path.write_text('{"id": "fables:one/odd-0", "wrong": false, "seed": 0}\n')
    assert Pile(corpus).ask("review", "record", "fables", "--file", str(path))["repeated"] is False


def test_an_unknown_source_is_named(corpus: Corpus) -> None:
    assert "no source" in Pile(corpus).ask("review", "sample", "nobody", exit_code=1)["error"]["cause"]


def test_the_commands_read_well(corpus: Corpus) -> None:
    shown = Pile(corpus).run("review", "queue")
    assert "1. Licence statement not understood" in shown.stdout
    assert ODD in shown.stdout
    assert "Held: 11 documents in 4 clusters" in shown.stdout
