"""Whatever is asked for, decided, undone and published in whatever order: what is named is out, the rest as if built anew."""

import shutil
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pile_assets.build import build
from pile_assets.inspection.rebuild import rebuild
from pile_assets.inspection.verify import verify
from pile_assets.licensing.takedowns.model import FOLLOWS, Takedown
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word
from pile_assets_tests.graph.daemon import add_small_source, small_corpus
from pile_assets_tests.test_build import rows, shard_bytes
from pile_assets_tests.withdrawal.requests import add, decided, request

TEXTS = {
    "a": prose("a"),
    "a-again": prose("a").upper(),
    "a-nearly": with_changed_word(prose("a")),
    "b": prose("b"),
    "c": prose("c"),
}
SOURCES, PARTITIONS, AUTHORS = ("fables", "songs"), ("one", "two"), ("Ada", "Bert")

PUBLISH = st.tuples(
    st.just("publish"),
    st.sampled_from(SOURCES),
    st.sampled_from(PARTITIONS),
    st.lists(st.tuples(st.sampled_from(sorted(TEXTS)), st.sampled_from(AUTHORS)), max_size=3, unique_by=lambda item: item[0]),
)
ASK = st.tuples(
    st.just("ask"),
    st.sampled_from(
        [("author_key", "ada"), ("doc_id", "fables:one/a"), ("url_prefix", "https://example.org/b"), ("source", "songs")]
    ),
    st.booleans(),
    st.booleans(),
)
DECIDE = st.tuples(st.just("decide"), st.integers(0, 3), st.sampled_from(sorted(FOLLOWS.keys() - {"partially_granted"})))


class Story:
    """A corpus to which things happen, and the requests as they stand."""

    def __init__(self, corpus: Corpus):
        self.corpus = corpus
        self.requests: list[Takedown] = []

    def publish(self, source: str, partition: str, documents: list[tuple[str, str]]) -> None:
        if documents:
            self.corpus.publish(source, partition, [document(name, TEXTS[name], author=by) for name, by in documents])
        elif (self.corpus.folder(source) / f"{partition}.jsonl").exists():
            self.corpus.withdraw(source, partition)

    def ask(self, scope: tuple[str, str], near: bool, future: bool) -> None:
        self._write(request(len(self.requests) + 1, *scope, near_duplicates=near, future=future))

    def decide(self, which: int, state: Any) -> None:
        if which < len(self.requests) and state in FOLLOWS[self.requests[which].decision.state]:
            self._write(decided(self.requests[which], state))

    def _write(self, entry: Takedown) -> None:
        self.requests = sorted([entry, *(one for one in self.requests if one.id != entry.id)], key=lambda one: one.id)
        add(self.corpus, entry)

    def named(self) -> Iterator[str]:
        """The documents of the shards that a request in force names, for now and for ever."""
        for id_, url, author in rows(self.corpus).select("id", "url", "author").iter_rows() if rows(self.corpus).height else ():
            for entry in self.requests:
                kind, value = entry.scope.kind, entry.scope.value
                meant = {
                    "author_key": (author or "").casefold() == value,
                    "doc_id": id_ == value,
                    "url_prefix": url.startswith(value),
                    "source": id_.startswith(f"{value}:"),
                }
                if entry.in_force and entry.scope.future and meant[kind]:
                    yield id_


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = small_corpus(tmp_path_factory.mktemp("empty") / "corpus", ())
    for number, source in enumerate(SOURCES):
        add_small_source(corpus, source, number, options={"path": source})
    return corpus.root


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(events=st.lists(st.one_of(PUBLISH, ASK, DECIDE), min_size=2, max_size=7))
def test_what_is_named_is_out_and_everything_is_as_if_built_from_nothing(
    tmp_path_factory: pytest.TempPathFactory, empty: Path, events: list[Any]
) -> None:
    root = tmp_path_factory.mktemp("story") / "corpus"
    shutil.copytree(empty, root)
    with chdir(root):
        story = Story(Corpus(root, (), shard_bytes=4_000))
        story.publish("fables", "one", [("a", "Ada"), ("b", "Bert")])
        for what, *arguments in [*events]:
            getattr(story, what)(*arguments)
            report = build(story.corpus.deployment.open())
            assert not report.failed
            assert list(story.named()) == []
        assert not any(build(story.corpus.deployment.open()).materialized.values())
        assert verify(story.corpus.deployment.open().view.store).problems == ()
        assert rebuild(story.corpus.deployment.open()).problems == []
        undo(story)
        assert shard_bytes(story.corpus) == without_a_ledger(story.corpus)


def undo(story: Story) -> None:
    """Take every request back."""
    for number, entry in enumerate(story.requests):
        if entry.in_force:
            story.decide(number, "refused" if entry.decision.state == "pending_quarantined" else "reversed")
    build(story.corpus.deployment.open())


def without_a_ledger(corpus: Corpus) -> dict[str, str]:
    """The shards of the same corpus where nobody ever asked for anything."""
    seniority = corpus.deployment.open().state.seniority()
    shutil.rmtree(corpus.home)
    corpus.deployment.open().state.save_seniority(seniority)
    build(corpus.deployment.open())
    return shard_bytes(corpus)
