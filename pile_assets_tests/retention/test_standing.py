"""A purged document leaves a source that stands still, too: its shards, its stages and its bytes; and nothing else changes."""

import hashlib
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pile_assets.build import build
from pile_assets.inspection.verify import verify
from pile_assets.retention import erasure, standing
from pile_assets.review.evidence import Finding, Look
from pile_assets.state import State
from pile_assets.store import Address, Store
from pile_assets.withdrawal import purge
from pile_assets_tests.deployments import Corpus, document, prose
from pile_assets_tests.graph.daemon import add_small_source, small_corpus
from pile_assets_tests.test_build import rows, shard_bytes
from pile_assets_tests.test_cli_takedown import files_with
from pile_assets_tests.withdrawal.requests import add, decided, request

GONE, OTHER = "fables:one/fable-one-2", "fables:one/fable-one-1"
LINE = prose("fable-one-2").splitlines()[3]
PAGE = "https://example.org/terms"
EVIDENCE = {
    "kind": "licence_page",
    "url": PAGE,
    "retrieved": "2026-11-01",
    "sha256": hashlib.sha256(b"terms").hexdigest(),
    "quote": "terms",
    "who_speaks": "rightsholder",
}


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Two sources; the first rests on a page. Not to be changed."""
    corpus = small_corpus(tmp_path_factory.mktemp("built"), ())
    add_small_source(corpus, "fables", 0, options={"path": "fables"}, evidence=[EVIDENCE])
    add_small_source(corpus, "songs", 1, options={"path": "songs"})
    with chdir(corpus.root):
        for partition in ("one", "two"):
            corpus.publish("fables", partition, [document(f"fable-{partition}-{i}") for i in range(4)])
        corpus.publish("songs", "one", [document(f"song-{i}") for i in range(4)])
        assert not build(corpus.deployment.open()).failed
    return corpus


@pytest.fixture
def corpus(built_once: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The same, to be changed."""
    corpus = built_once.copied(tmp_path / "corpus")
    monkeypatch.chdir(corpus.root)
    return corpus


def break_the_record(corpus: Corpus) -> None:
    (corpus.registry / "fables.yaml").write_text("id: [broken")


def let_the_evidence_drift(corpus: Corpus) -> None:
    drifted = Finding(PAGE, str(EVIDENCE["sha256"]), "changed", "0" * 64, "the quoted words are no longer there")
    State(corpus.home).save_evidence("fables", Look("2026-11-20", (drifted,)))


FREEZE = {"its record is broken": break_the_record, "its evidence drifted": let_the_evidence_drift}


@dataclass
class Frozen:
    """A corpus whose fables stand still, and how they come to run again."""

    corpus: Corpus
    record: str

    def thaw(self) -> None:
        (self.corpus.registry / "fables.yaml").write_text(self.record)
        State(self.corpus.home).save_evidence("fables", Look())


@pytest.fixture(params=FREEZE)
def frozen(corpus: Corpus, request: pytest.FixtureRequest) -> Frozen:
    record = (corpus.registry / "fables.yaml").read_text()
    freeze: Callable[[Corpus], None] = FREEZE[request.param]
    freeze(corpus)
    session = corpus.deployment.open()
    assert ("fables" in session.sources.frozen, "fables" in session.chains) == (True, False)
    return Frozen(corpus, record)


def grant(corpus: Corpus, id_: str = GONE, number: int = 1, **scope: Any) -> None:
    entry = request(number, "doc_id", id_, **scope)
    older = entry.model_copy(update={"effect": entry.effect.model_copy(update={"older_releases": "rewritten"})})
    add(corpus, entry, decided(older, "granted", purge=True))


def run(corpus: Corpus) -> None:
    assert not build(corpus.deployment.open(), discover=False).failed


def ids(corpus: Corpus) -> set[str]:
    return set(rows(corpus)["id"])


def held(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """Stage -> document -> its row, of the partition that is cut."""
    store, found = Store(corpus.home), {}
    for stage in ("documents", "length", "cleaned", "signatures", "eligible", "unique"):
        manifest = store.manifest(Address.of_source("fables", stage, "one"))
        frames = [store.read_part(path) for path in store.paths(manifest)] if manifest else []
        if frames:
            found[stage] = {row["id"]: row for row in pl.concat(frames).iter_rows(named=True)}
    return found


def test_it_leaves_the_shards_every_stage_and_every_byte(frozen: Frozen) -> None:
    corpus = frozen.corpus
    before, stages = ids(corpus), held(corpus)
    grant(corpus)
    run(corpus)
    assert ids(corpus) == before - {GONE}
    assert list(files_with(corpus.home, LINE))  # out of the corpus, and still in the store
    done = purge.run(corpus.deployment.open())
    assert done.proven, (done.left, done.unsearched)
    assert done.documents == {"TD-2026-0001": 1}
    assert list(files_with(corpus.home, LINE)) == []
    assert ids(corpus) == before - {GONE}
    for stage, known in held(corpus).items():
        assert known == {name: row for name, row in stages[stage].items() if name != GONE}, stage
    assert verify(Store(corpus.home)).problems == ()


def test_when_it_is_done_nothing_is_due_and_the_other_shards_kept_their_bytes(frozen: Frozen) -> None:
    corpus = frozen.corpus
    grant(corpus)
    run(corpus)
    before = shard_bytes(corpus)
    purge.run(corpus.deployment.open())
    run(corpus)
    assert shard_bytes(corpus) == before
    session = corpus.deployment.open()
    assert purge.due(session.vault, session.view) is None
    assert set(build(corpus.deployment.open(), discover=False).materialized.values()) == {0}


def test_a_request_that_is_not_purged_keeps_its_document_out_of_what_was_cut(frozen: Frozen) -> None:
    corpus = frozen.corpus
    before = ids(corpus)
    add(corpus, kept := request(2, "doc_id", OTHER))
    grant(corpus)
    run(corpus)
    purge.run(corpus.deployment.open())
    run(corpus)
    assert ids(corpus) == before - {GONE, OTHER}
    add(corpus, decided(kept, "refused"))
    run(corpus)
    assert ids(corpus) == before - {GONE}
    assert verify(Store(corpus.home)).problems == ()


def test_when_the_source_runs_again_its_chain_makes_the_same_of_it(frozen: Frozen) -> None:
    corpus = frozen.corpus
    grant(corpus)
    run(corpus)
    purge.run(corpus.deployment.open())
    run(corpus)
    before, stages = shard_bytes(corpus), held(corpus)
    frozen.thaw()
    run(corpus)
    assert "fables" in corpus.deployment.open().chains
    assert shard_bytes(corpus) == before
    assert {stage: set(known) for stage, known in held(corpus).items()} == {
        stage: set(known) for stage, known in stages.items()
    }
    assert list(files_with(corpus.home, LINE)) == []
    assert verify(Store(corpus.home)).problems == ()


def test_interrupted_between_two_stages_it_is_completed_by_the_next(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    break_the_record(corpus)
    grant(corpus)
    run(corpus)
    real, allowed = Store.commit, 0
    while True:
        left = allowed

        def commit(self: Store, manifest: Any) -> None:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            real(self, manifest)

        monkeypatch.setattr(Store, "commit", commit)
        try:
            erasure.withhold(corpus.deployment.open(), {("fables", "one"): [GONE]})
            break
        except KeyboardInterrupt:
            allowed = 1
    monkeypatch.setattr(Store, "commit", real)
    assert all(GONE not in known for stage, known in held(corpus).items() if stage != "unique")
    assert purge.run(corpus.deployment.open()).proven
    assert verify(Store(corpus.home)).problems == ()


def test_what_is_left_in_a_stage_that_stands_still_is_not_overlooked(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    break_the_record(corpus)
    grant(corpus)
    run(corpus)
    monkeypatch.setattr(standing, "cut", lambda *arguments: None)
    with pytest.raises(Exception, match="still holds this document"):
        purge.run(corpus.deployment.open())
    monkeypatch.undo()
    assert list(files_with(corpus.home, LINE))
