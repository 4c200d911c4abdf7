"""A deployment with two folder sources, and a daemon over it."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.graph.daemon import Daemon, small_corpus


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Published and not looked at; the environment points to it."""
    corpus = small_corpus(tmp_path)
    for partition in ("one", "two"):
        corpus.publish("fables", partition, [document(f"fable-{partition}-{i}") for i in range(4)])
    corpus.publish("songs", "alpha", [document(f"song-alpha-{i}") for i in range(4)])
    for name, value in corpus.environment.items():
        monkeypatch.setenv(name, value)
    return corpus


@pytest.fixture
def daemon(corpus: Corpus) -> Iterator[Daemon]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(corpus, instance)


@pytest.fixture
def built(daemon: Daemon) -> Daemon:
    """The same with the corpus built and Dagster told."""
    assert not daemon.build().failed
    return daemon
