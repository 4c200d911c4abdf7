"""A document that is purged from a partition which its publisher has withdrawn leaves it too, and does not return with it."""

from pathlib import Path

from pile_assets.build import build
from pile_assets.inspection.rebuild import rebuild
from pile_assets.inspection.verify import verify
from pile_assets.retention import erasure
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.test_build import rows
from pile_assets_tests.test_cli_takedown import files_with
from pile_assets_tests.withdrawal.requests import add, request

MEANT = {("fables", "a"): frozenset({"fables:a/d3"})}
WORDS = "The heron that nobody asked kept the mill."


def test_it_leaves_a_withdrawn_partition_and_stays_out_when_that_returns(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    lines = [document(f"d{i}", None if i < 3 else " ".join([WORDS] * 30)) for i in range(4)]
    corpus.publish("fables", "a", lines)
    corpus.publish("fables", "b", [document(f"e{i}") for i in range(4)])
    build(corpus.deployment.open())
    add(corpus, request(1, "doc_id", "fables:a/d3"))
    build(corpus.deployment.open())
    corpus.withdraw("fables", "a")
    build(corpus.deployment.open())
    report, _ = erasure.purge(corpus.deployment.open(), MEANT)
    assert not report.failed
    assert list(files_with(corpus.home, WORDS)) == []
    assert set(build(corpus.deployment.open()).materialized.values()) == {0}
    assert verify(corpus.deployment.open().view.store).problems == ()
    assert rebuild(corpus.deployment.open()).problems == []
    corpus.publish("fables", "a", lines)
    assert not build(corpus.deployment.open()).failed
    assert {id_ for id_ in rows(corpus)["id"] if id_.startswith("fables:a/")} == {f"fables:a/d{i}" for i in range(3)}
    assert verify(corpus.deployment.open().view.store).problems == ()
    assert rebuild(corpus.deployment.open()).problems == []
