"""A build does what changed and nothing else, its forecast is the fact, and incremental equals from scratch."""

import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pile_assets import assembly, planner
from pile_assets.build import BuildReport, build
from pile_assets.inspection.rebuild import rebuild
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.store import Address
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word

CHAIN = ["raw", "documents", "length", "language", "gopher_quality", "gopher_repetition", "code_quality", "pii", "cleaned"]


def run(corpus: Corpus, *, threads: int = 2) -> BuildReport:
    """Forecast, build, and check that the one is the other."""
    forecast = build(corpus.deployment.open(rehearse=True), threads=threads)
    report = build(corpus.deployment.open(), threads=threads)
    assert forecast.touched == report.touched
    assert forecast.figures() == report.figures()
    assert not report.failed
    return report


def shard_bytes(corpus: Corpus) -> dict[str, str]:
    """Name -> digest of every part file that a live shard points to."""
    view = corpus.deployment.open().view
    found = {}
    for manifest in assembly.live_shards(view.get, view.partitions):
        for path in view.store.paths(manifest):
            found[f"{manifest.address.partition}/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def rows(corpus: Corpus) -> pl.DataFrame:
    view = corpus.deployment.open().view
    paths = [path for manifest in assembly.live_shards(view.get, view.partitions) for path in view.store.paths(manifest)]
    return pl.concat([pl.read_parquet(path) for path in paths]).sort("id") if paths else pl.DataFrame({"id": []})


def two_sources(root: Path) -> Corpus:
    corpus = Corpus(root, ("fables", "songs"))
    for partition in ("one", "two", "three"):
        corpus.publish("fables", partition, [document(f"fable-{partition}-{i}") for i in range(6)])
    for partition in ("alpha", "beta"):
        corpus.publish("songs", partition, [document(f"song-{partition}-{i}") for i in range(6)])
    return corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    corpus = two_sources(tmp_path)
    run(corpus)
    return corpus


def test_every_document_reaches_a_shard_with_its_licence(corpus: Corpus) -> None:
    found = rows(corpus)
    assert found.height == 30
    for column in ("id", "source", "partition", "licence", "url"):
        assert found[column].null_count() == 0
        assert (found[column].str.len_chars() > 0).all()


def test_a_second_build_materializes_nothing(corpus: Corpus) -> None:
    assert set(run(corpus).materialized.values()) == {0}


def test_a_new_partition_works_its_chain_and_only_the_shards_it_lands_in(corpus: Corpus) -> None:
    before = shard_bytes(corpus)
    corpus.publish("songs", "gamma", [document(f"song-gamma-{i}") for i in range(6)])
    report = run(corpus)
    assert {report.materialized[stage] for stage in CHAIN} == {1}
    (plan_before, plan_after) = (set(before), set(shard_bytes(corpus)))
    touched = {name.split("/")[1] for name in report.touched["shards"]}
    assert {name.split("/")[0] for name in plan_before ^ plan_after} <= touched


def test_the_same_records_in_other_bytes_stop_at_documents(corpus: Corpus) -> None:
    lines = [document(f"fable-one-{i}") for i in range(6)]
    corpus.publish("fables", "one", [dict(reversed(line.items())) for line in lines])
    report = run(corpus)
    assert report.touched == {"documents": ["fables/one"], "raw": ["fables/one"]}
    assert rebuild(corpus.deployment.open()).problems == [], "what pins the documents names their files as they are now"


def test_the_same_records_in_another_order_change_no_verdict_and_no_shard(corpus: Corpus) -> None:
    """Their texts are read again, since every stage of a partition has its documents in one order; then it ends."""
    before = shard_bytes(corpus)
    corpus.publish("fables", "one", [document(f"fable-one-{i}") for i in reversed(range(6))])
    assert set(run(corpus).touched) == {*CHAIN, "signatures", "eligible"}
    assert shard_bytes(corpus) == before
    assert rebuild(corpus.deployment.open()).problems == []


def test_after_records_came_in_another_order_a_threshold_may_change(corpus: Corpus) -> None:
    corpus.publish("fables", "one", [document(f"fable-one-{i}") for i in reversed(range(6))])
    run(corpus)
    (corpus.registry / "policies").mkdir()
    policy = (DEFAULT_FOLDER / "policies" / "prose_and_code.yaml").read_text()
    changed = policy.replace("gopher_quality.word_count, min: 50", "gopher_quality.word_count, min: 51")
    assert changed != policy
    (corpus.registry / "policies" / "prose_and_code.yaml").write_text(changed)
    assert "eligible" in run(corpus).touched
    assert rebuild(corpus.deployment.open()).problems == []


@pytest.mark.parametrize("stage", ["eligible", "unique"])
def test_a_stage_that_names_older_files_is_brought_to_those_there_are_and_is_no_news(corpus: Corpus, stage: str) -> None:
    """As a run may leave it that read `eligible` a moment before it changed."""
    corpus.publish("fables", "one", [dict(reversed(document(f"fable-one-{i}").items())) for i in range(6)])
    address = Address.of_source("fables", stage, "one")
    store = corpus.deployment.open().view.store
    older = store.manifest(address)
    run(corpus)
    now = store.manifest(address)
    assert older
    assert now
    assert older.facts["pins"] != now.facts["pins"]
    store.commit(older)
    assert planner.plan(corpus.deployment.open().world()).chains == {"fables": {"one": "eligible"}}
    assert run(corpus).touched == {}
    assert store.manifest(address) == now


def test_a_changed_document_rewrites_only_the_shard_that_holds_it(corpus: Corpus) -> None:
    holder = _shard_of(corpus, "fables:two/fable-two-3")
    lines = [document(f"fable-two-{i}", prose("other") if i == 3 else None) for i in range(6)]
    corpus.publish("fables", "two", lines)
    assert run(corpus).touched["shards"] == [f"books/{holder}"]


def test_one_byte_changed_with_size_and_time_kept_is_found(corpus: Corpus) -> None:
    import os

    path = corpus.folder("fables") / "one.jsonl"
    stat = path.stat()
    path.write_bytes(path.read_bytes().replace(b"river", b"rivet", 1))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    assert run(corpus).touched["raw"] == ["fables/one"]


def test_a_late_duplicate_loses_to_the_partition_seen_first(corpus: Corpus) -> None:
    near = with_changed_word(prose("fable-one-2"))
    corpus.publish("songs", "late", [document("copy", near), document("fresh")])
    report = run(corpus)
    kept = set(rows(corpus)["id"])
    assert "songs:late/copy" not in kept
    assert "fables:one/fable-one-2" in kept
    assert report.touched["unique"] == ["songs/late"]


def test_a_withdrawn_canonical_brings_its_duplicate_back_and_yields_to_it_when_it_returns(corpus: Corpus) -> None:
    corpus.publish("songs", "late", [document("copy", with_changed_word(prose("fable-one-2")))])
    run(corpus)
    before = shard_bytes(corpus)
    corpus.withdraw("fables", "one")
    report = run(corpus)
    assert report.touched["unique"] == ["fables/one", "songs/late"]
    assert "songs:late/copy" in set(rows(corpus)["id"])
    corpus.publish("fables", "one", [document(f"fable-one-{i}") for i in range(6)])
    report = run(corpus)
    assert "songs:late/copy" not in set(rows(corpus)["id"])
    assert report.touched.keys().isdisjoint(CHAIN)
    assert shard_bytes(corpus) == before


def test_a_document_without_an_accepted_licence_reaches_no_shard(corpus: Corpus) -> None:
    lines = [document("free"), document("held", licence=""), document("closed", licence="CC-BY-NC-4.0")]
    corpus.publish("songs", "mixed", lines)
    run(corpus)
    assert {name for name in rows(corpus)["id"] if name.startswith("songs:mixed/")} == {"songs:mixed/free"}
    view = corpus.deployment.open().view
    eligible = view.need(Address.of_source("songs", "eligible", "mixed"))
    assert eligible.counts.dropped == {"licence-held": 1, "licence-rejected": 1}


def test_a_held_document_never_wins_a_duplicate(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.publish("fables", "first", [document("held", prose("same"), licence="")])
    corpus.publish("fables", "second", [document("free", prose("same"))])
    run(corpus)
    assert set(rows(corpus)["id"]) == {"fables:second/free"}


def test_one_broken_partition_does_not_stop_the_others(corpus: Corpus) -> None:
    corpus.publish("songs", "twins", [document("same"), document("same")])
    corpus.publish("songs", "fine", [document("fine")])
    report = build(corpus.deployment.open())
    (problem,) = report.failed
    assert (problem.source, problem.partition, problem.document) == ("songs", "twins", "songs:twins/same")
    assert "songs:fine/fine" in set(rows(corpus)["id"])


def test_a_source_that_cannot_be_read_withdraws_nothing(corpus: Corpus) -> None:
    before = shard_bytes(corpus)
    corpus.folder("fables").rename(corpus.root / "unmounted")
    report = build(corpus.deployment.open())
    assert report.failed[0].source == "fables"
    assert shard_bytes(corpus) == before


def test_a_source_taken_from_the_registry_leaves_the_shards(corpus: Corpus) -> None:
    (corpus.registry / "songs.yaml").unlink()
    run(corpus)
    assert set(rows(corpus)["source"]) == {"fables"}


def test_order_of_registry_and_number_of_threads_change_no_byte(tmp_path: Path) -> None:
    first = two_sources(tmp_path / "first")
    second = Corpus(tmp_path / "second", ())
    for name in ("songs", "fables"):  # written, and so listed, in another order
        second.add_source(name, seniority={"fables": 0, "songs": 1}[name])
        for path in first.folder(name).iterdir():
            (second.folder(name) / path.name).write_bytes(path.read_bytes())
    run(first, threads=1)
    run(second, threads=2)
    assert shard_bytes(first) == shard_bytes(second)
    assert (first.home / "releases" / "latest.json").read_bytes() == (second.home / "releases" / "latest.json").read_bytes()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["fables", "songs"]),
        st.sampled_from(["one", "two", "three"]),
        st.lists(st.sampled_from(["a", "b", "c", "d", "e"]), max_size=3, unique=True),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(EVENTS)
def test_incremental_equals_from_scratch_byte_for_byte(tmp_path_factory: pytest.TempPathFactory, events: list) -> None:
    """Every partition is seen first in one order, then changes in any; the rebuild repeats the recorded seniority."""
    root = tmp_path_factory.mktemp("events")
    corpus = Corpus(root / "grown", ("fables", "songs"), shard_bytes=4_000)
    for source, partition, texts in events:
        if texts:
            corpus.publish(
                source, partition, [document(f"{partition}-{t}", with_changed_word(prose(t), ord(t) % 5)) for t in texts]
            )
        elif (corpus.folder(source) / f"{partition}.jsonl").exists():
            corpus.withdraw(source, partition)
        build(corpus.deployment.open())
    scratch = Corpus(root / "scratch", ("fables", "songs"), shard_bytes=4_000)
    for name in ("fables", "songs"):
        for path in corpus.folder(name).iterdir():
            (scratch.folder(name) / path.name).write_bytes(path.read_bytes())
    scratch.deployment.open().state.save_seniority(corpus.deployment.open().state.seniority())
    build(scratch.deployment.open())
    assert shard_bytes(corpus) == shard_bytes(scratch)


def test_a_release_names_the_files_there_are_also_where_the_same_rows_were_cut_into_others(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path, shard_bytes=100_000)
    corpus.publish("fables", "one", [document(f"fable-{number}") for number in range(30)])
    build(corpus.deployment.open())
    files = []
    for corpus.shard_bytes in (100_000, 60_000):
        build(corpus.deployment.open())
        view = corpus.deployment.open().view
        (shard,) = assembly.live_shards(view.get, view.partitions)
        release = json.loads((view.store.releases / "latest.json").read_bytes())
        assert [file["name"] for entry in release["shards"] for file in entry["files"]] == [file.name for file in shard.files]
        files.append((shard.data_version, [file.name for file in shard.files]))
    assert files[0][0] == files[1][0], "the rows are the same"
    assert files[0][1] != files[1][1]
    assert rebuild(corpus.deployment.open()).problems == []


def _shard_of(corpus: Corpus, identifier: str) -> str:
    view = corpus.deployment.open().view
    for manifest in assembly.live_shards(view.get, view.partitions):
        for path in view.store.paths(manifest):
            if identifier in set(pl.read_parquet(path)["id"]):
                return manifest.address.partition
    raise AssertionError(f"{identifier} is in no shard")
