"""The corpus of these tests: built once, copied for each."""

from contextlib import chdir
from pathlib import Path

import pytest

from pile_assets.build import build
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word
from pile_assets_tests.graph.daemon import add_small_source, small_corpus


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Fables of three partitions by two authors; songs that repeat one of them, exactly and nearly. Not to be changed."""
    corpus = small_corpus(tmp_path_factory.mktemp("built"), ())
    for number, source in enumerate(("fables", "songs")):
        add_small_source(corpus, source, number, options={"path": source})  # from where the test is, so that it can be copied
    with chdir(corpus.root):
        for partition, author in (("one", "Ada Miller"), ("two", "B. Baker"), ("three", "ada miller; C. Cooper")):
            corpus.publish("fables", partition, [document(f"fable-{partition}-{i}", author=author) for i in range(4)])
        build(corpus.deployment.open())
        text = prose("fable-one-2")
        corpus.publish("songs", "late", [document("same", text), document("near", with_changed_word(text)), document("song")])
        build(corpus.deployment.open())
    return corpus


@pytest.fixture
def corpus(built_once: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The same, to be changed."""
    corpus = built_once.copied(tmp_path / "corpus")
    monkeypatch.chdir(corpus.root)
    return corpus
