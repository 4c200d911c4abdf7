"""A document that is purged from a partition which its publisher has withdrawn leaves it too, and does not return with it."""

from pathlib import Path

import pytest

from pile_assets.build import build
from pile_assets.inspection.rebuild import rebuild
from pile_assets.inspection.verify import verify
from pile_assets.retention import erasure, redaction
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.test_build import rows
from pile_assets_tests.test_cli_takedown import files_with
from pile_assets_tests.withdrawal.requests import add, decided, request

PLACE = ("fables", "a")
MEANT = {PLACE: frozenset({"fables:a/d3"})}
WORDS = "The heron that nobody asked kept the mill."
LINES = [document(f"d{i}", None if i < 3 else " ".join([WORDS] * 30)) for i in range(4)]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Two partitions, and a request for a document of the first."""
    corpus = Corpus(tmp_path)
    corpus.publish(*PLACE, LINES)
    corpus.publish("fables", "b", [document(f"e{i}") for i in range(4)])
    build(corpus.deployment.open())
    add(corpus, request(1, "doc_id", "fables:a/d3"))
    build(corpus.deployment.open())
    return corpus


def check_whole(corpus: Corpus) -> None:
    assert set(build(corpus.deployment.open()).materialized.values()) == {0}
    assert verify(corpus.deployment.open().view.store).problems == ()
    assert rebuild(corpus.deployment.open()).problems == []


def check_purged_and_back_without_it(corpus: Corpus) -> None:
    """What is purged of the partition that is withdrawn is nowhere, and it returns with all others."""
    report, _ = erasure.purge(corpus.deployment.open(), MEANT)
    assert not report.failed
    assert list(files_with(corpus.home, WORDS)) == []
    check_whole(corpus)
    corpus.publish(*PLACE, LINES)
    assert not build(corpus.deployment.open()).failed
    assert {id_ for id_ in rows(corpus)["id"] if id_.startswith("fables:a/")} == {f"fables:a/d{i}" for i in range(3)}
    check_whole(corpus)


def test_it_leaves_a_withdrawn_partition_and_stays_out_when_that_returns(corpus: Corpus) -> None:
    corpus.withdraw(*PLACE)
    build(corpus.deployment.open())
    check_purged_and_back_without_it(corpus)


def test_it_does_so_where_the_raw_bytes_wait_to_be_fetched_again(corpus: Corpus) -> None:
    """Another document was purged before, and its takedown undone when nothing could be fetched any more."""
    other = request(2, "doc_id", "fables:a/d1")
    add(corpus, other)
    build(corpus.deployment.open())
    erasure.purge(corpus.deployment.open(), {PLACE: frozenset({"fables:a/d1"})})
    corpus.withdraw(*PLACE)
    build(corpus.deployment.open())
    granted = decided(other, "granted")
    add(corpus, granted)
    add(corpus, decided(granted, "reversed"))
    assert redaction.restore(corpus.deployment.open().view, *PLACE)
    build(corpus.deployment.open())
    check_purged_and_back_without_it(corpus)
