"""Evidence pages: what counts as drift, what drift does to a source, and what takes it back."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pile_assets.build import build
from pile_assets.errors import NotAdmitted, PileError
from pile_assets.registry.load import load
from pile_assets.registry.models import Evidence, Sample
from pile_assets.review import looking
from pile_assets.review.evidence import Look, compare, quoted
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.mirror.faults import Refuse
from pile_assets_tests.mirror.server import Mirror
from pile_assets_tests.test_build import rows

QUOTE = "All pages are licensed under CC BY 4.0"
PAGE = f"<html><body><h1>Terms</h1><p>{QUOTE}.</p></body></html>".encode()
TODAY = date(2026, 11, 25)


def entry(url: str, page: bytes = PAGE, **fields: object) -> dict[str, object]:
    return {
        "kind": "licence_page",
        "url": url,
        "retrieved": "2026-11-01",
        "sha256": hashlib.sha256(page).hexdigest(),
        "quote": QUOTE,
        "who_speaks": "rightsholder",
    } | fields


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as running:
        running.publish("/terms", PAGE, content_type="text/html")
        yield running


@pytest.fixture
def corpus(tmp_path: Path, mirror: Mirror) -> Corpus:
    """`fables` rests on a page, `songs` on nothing that is watched; both are built."""
    corpus = Corpus(tmp_path, ("fables", "songs"))
    register(corpus, mirror)
    corpus.publish("fables", "one", [document("first"), document("second")])
    corpus.publish("songs", "one", [document("song")])
    build(corpus.deployment.open(today=TODAY))
    return corpus


def register(corpus: Corpus, mirror: Mirror, page: bytes = PAGE, **fields: object) -> None:
    corpus.add_source("fables", 0, evidence=[entry(f"{mirror.url}/terms", page, **fields)])


def look(corpus: Corpus) -> Look:
    return looking.look(corpus.deployment.open(today=TODAY), "fables")


def kept(corpus: Corpus) -> set[str]:
    return {name.rpartition("/")[2] for name in rows(corpus)["id"]}


# -- one page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        f"<p>{QUOTE}</p>",
        "<p>All pages are <a href='x'>licensed under</a> CC&nbsp;BY <b>4.0</b></p>",
        "ALL PAGES\n are licensed   under ``CC BY 4.0``.",
    ],
)
def test_a_quote_is_found_whatever_stands_between_its_words(page: str) -> None:
    assert quoted(page.encode(), QUOTE)


@pytest.mark.parametrize(
    "page",
    [
        "<p>All pages are licensed under CC BY-NC 4.0</p>",
        "<p>Not all pages are licensed under CC BY 4.01</p>",
        f"<script>var old = '{QUOTE}'</script><p>Other words.</p>",
        f"<p>Other words.</p><!-- {QUOTE} -->",
        "",
    ],
)
def test_other_words_are_not_the_quote(page: str) -> None:
    assert not quoted(page.encode(), QUOTE)


def test_bytes_or_words_are_watched_as_the_record_says() -> None:
    moved = PAGE + b"<!-- served in 7 ms -->"
    whole = Evidence.model_validate(entry("https://example.org/"))
    words = Evidence.model_validate(entry("https://example.org/", watch="quote"))
    assert [compare(whole, page).state for page in (PAGE, moved, None)] == ["unchanged", "changed", "gone"]
    assert [compare(words, page).state for page in (PAGE, moved)] == ["unchanged", "unchanged"]
    assert [compare(words, page).state for page in (b"else", None)] == ["changed", "gone"]


# -- the registry's snapshots --------------------------------------------------------------------------------------


def snapshot(corpus: Corpus, content: bytes) -> None:
    folder = corpus.registry / "evidence" / "fables"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "terms.html").write_bytes(content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["there is no file evidence/fables/terms.html"]),
        (PAGE + b" ", ["the snapshot's hash is"]),
        (b"Nothing of the kind.", ["the snapshot's hash is", "does not have these words"]),
    ],
)
def test_a_snapshot_that_is_not_what_the_record_says_refuses_the_record(
    tmp_path: Path, mirror: Mirror, content: bytes | None, words: list[str]
) -> None:
    corpus = Corpus(tmp_path)
    register(corpus, mirror, snapshot="terms.html")
    if content is not None:
        snapshot(corpus, content)
    (problem,) = load(corpus.registry).problems
    assert len(problem.problems) == len(words)
    assert all(word in found for word, found in zip(words, problem.problems, strict=True))


def test_a_snapshot_with_the_hash_and_the_words_is_good(tmp_path: Path, mirror: Mirror) -> None:
    corpus = Corpus(tmp_path)
    register(corpus, mirror, snapshot="terms.html")
    snapshot(corpus, PAGE)
    assert load(corpus.registry).problems == ()


# -- drift ---------------------------------------------------------------------------------------------------------


def test_a_page_that_stands_freezes_nothing(corpus: Corpus) -> None:
    assert [finding.state for finding in look(corpus).findings] == ["unchanged"]
    assert "fables" in corpus.deployment.open(today=TODAY).sources.running


def test_a_changed_page_freezes_its_source_and_no_other(corpus: Corpus, mirror: Mirror) -> None:
    mirror.publish("/terms", PAGE.replace(b"CC BY 4.0", b"CC BY-NC 4.0"))
    look(corpus)
    corpus.publish("fables", "two", [document("third")])
    corpus.publish("songs", "two", [document("another-song")])
    report = build(corpus.deployment.open(today=TODAY))
    assert kept(corpus) == {"first", "second", "song", "another-song"}
    assert report.touched["raw"] == ["songs/two"]
    with pytest.raises(NotAdmitted) as refused:
        corpus.deployment.open(today=TODAY).chain("fables")
    assert "A licence reviewer must compare the page" in str(refused.value)
    assert "pile review clear fables" in str(refused.value)


def test_the_page_as_it_was_found_is_kept_for_the_reviewer(corpus: Corpus, mirror: Mirror) -> None:
    mirror.publish("/terms", b"Something else.")
    (finding,) = look(corpus).findings
    assert corpus.deployment.open().state.evidence_page("fables", finding.found or "").read_bytes() == b"Something else."


def test_a_page_that_is_gone_is_drift_and_one_that_cannot_be_had_is_not(corpus: Corpus, mirror: Mirror) -> None:
    mirror.fail("/terms", *[Refuse(403)] * 9)
    assert [finding.state for finding in look(corpus).findings] == ["unreachable"]
    assert "fables" in corpus.deployment.open(today=TODAY).sources.running
    mirror._queued.clear()
    mirror.withdraw("/terms", version="v1")
    assert [finding.state for finding in look(corpus).findings] == ["gone"]
    assert "fables" in corpus.deployment.open(today=TODAY).sources.frozen


def test_a_reviewed_record_takes_the_source_up_again(corpus: Corpus, mirror: Mirror) -> None:
    changed = PAGE + b"<p>More.</p>"
    mirror.publish("/terms", changed)
    look(corpus)
    assert "fables" in corpus.deployment.open(today=TODAY).sources.frozen
    register(corpus, mirror, changed)
    assert "fables" in corpus.deployment.open(today=TODAY).sources.running


def test_a_reviewers_word_clears_this_change_and_not_the_next(corpus: Corpus, mirror: Mirror) -> None:
    mirror.publish("/terms", PAGE + b"<p>One.</p>")
    look(corpus)
    looking.clear(corpus.deployment.open(today=TODAY), "fables", "role:licence-reviewer", "Only the footer changed.")
    assert "fables" in corpus.deployment.open(today=TODAY).sources.running
    look(corpus)
    assert "fables" in corpus.deployment.open(today=TODAY).sources.running
    mirror.publish("/terms", PAGE + b"<p>Two.</p>")
    look(corpus)
    assert "fables" in corpus.deployment.open(today=TODAY).sources.frozen


def test_no_word_clears_a_page_that_is_gone_or_a_source_without_drift(corpus: Corpus, mirror: Mirror) -> None:
    with pytest.raises(PileError, match="No evidence has drifted"):
        looking.clear(corpus.deployment.open(), "fables", "role:x", "y")
    mirror.withdraw("/terms", version="v1")
    look(corpus)
    with pytest.raises(PileError, match="is gone"):
        looking.clear(corpus.deployment.open(), "fables", "role:x", "y")


def test_drift_does_not_let_in_a_source_that_was_never_admitted(corpus: Corpus, mirror: Mirror) -> None:
    mirror.publish("/terms", b"Something else.")
    look(corpus)
    record = json.loads((corpus.registry / "fables.yaml").read_text())
    (corpus.registry / "fables.yaml").write_text(json.dumps(record | {"review": record["review"] | {"status": "rejected"}}))
    assert "fables" not in corpus.deployment.open(today=TODAY).sources.present


# -- expiry --------------------------------------------------------------------------------------------------------


def test_a_review_that_has_run_out_freezes_its_source(corpus: Corpus) -> None:
    expires = corpus.deployment.open().registry.records["fables"].review.expires
    assert "fables" in corpus.deployment.open(today=expires).sources.running
    late = corpus.deployment.open(today=expires.replace(day=expires.day + 1))
    assert "fables" in late.sources.frozen
    assert "its review expired on" in late.sources.refused["fables"]
    corpus.publish("fables", "two", [document("third")])
    assert not build(late).failed
    assert kept(corpus) == {"first", "second", "song"}


# -- samples and commands ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "wrong", "bound"), [(0, 0, 1.0), (20, 0, 0.1611), (50, 0, 0.0713), (50, 2, 0.1346), (20, 20, 1.0)]
)
def test_the_bound_is_wilsons(n: int, wrong: int, bound: float) -> None:
    """Without errors the bound is z²/(n + z²), e.g. 3.84/53.84; with errors alone it is 1."""
    assert Sample(n=n, wrong=wrong).at_most == pytest.approx(bound, abs=1e-4)


def test_the_command_shows_drift_and_clears_it(corpus: Corpus, mirror: Mirror) -> None:
    pile = Pile(corpus)
    assert pile.ask("review", "evidence", "fables")["drift"] == []
    mirror.publish("/terms", PAGE + b"<p>Footer.</p>")
    assert pile.ask("review", "evidence", "fables", exit_code=1)["drift"] == [f"{mirror.url}/terms"]
    shown = pile.run("review", "evidence", "fables", "--offline")
    assert QUOTE in shown.stdout
    assert ".page" in shown.stdout
    assert "frozen" in pile.run("sources", "list").stdout
    assert pile.ask("review", "clear", "fables", "--by", "role:desk", "--reason", "footer")["cleared"] == [
        f"{mirror.url}/terms"
    ]
    assert pile.ask("review", "evidence", "fables")["drift"] == []


def test_a_quote_of_nothing_is_never_found() -> None:
    assert not quoted(b"anything", " . ")
