"""The corpus-wide step `dedup`: it reads and writes what a change concerns, and tells what that took."""

from pathlib import Path
from unittest.mock import patch

import pytest

from pile_assets.build import BuildReport, build
from pile_assets.store import Address, Store
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    made = Corpus(tmp_path, ("fables", "songs"))
    for partition in ("one", "two", "three"):
        made.publish("fables", partition, [document(f"{partition}-{i}") for i in range(6)])
    made.publish("songs", "late", [document("copy", prose("one-0")), document("near", with_changed_word(prose("two-1")))])
    return made


def read_by(corpus: Corpus, stage: str) -> tuple[BuildReport, set[str]]:
    """A build, and the partitions whose files of a stage it read."""
    read: set[str] = set()
    whole = Store.read_part

    def noted(store: Store, path: Path, columns: list[str] | None = None):
        if path.parent.parent.name == stage:
            read.add(f"{path.parent.parent.parent.name}/{path.parent.name}")
        return whole(store, path, columns)

    with patch.object(Store, "read_part", noted):
        return build(corpus.deployment.open()), read


def test_only_the_partition_that_changed_is_read_and_only_its_documents_are_decided(corpus):
    first = build(corpus.deployment.open())
    assert first.decided["added"] == 20
    corpus.publish("songs", "new", [document("song")])
    report, read = read_by(corpus, "signatures")
    assert read == {"songs/new"}
    assert report.touched["unique"] == ["songs/new"]
    assert (report.decided["added"], report.decided["evaluated"]) == (1, 1)


def test_a_document_that_left_brings_back_its_duplicate_and_no_other_partition_is_read(corpus):
    build(corpus.deployment.open())
    corpus.publish("fables", "one", [document(f"one-{i}") for i in range(1, 6)])
    report, read = read_by(corpus, "eligible")
    assert report.touched["unique"] == ["fables/one", "songs/late"]
    assert {place for place in read if place.startswith("fables")} == {"fables/one"}
    assert report.decided["evaluated"] == 2, "the one that left, and the one that it stood for"
    unique = Store(corpus.home).manifest(Address.of_source("songs", "unique", "late"))
    assert unique is not None
    assert unique.facts["duplicates_of"] == {"fables": 1}


def test_the_manifest_tells_how_large_clusters_are(corpus):
    build(corpus.deployment.open())
    dedup = Store(corpus.home).manifest(Address("corpus", "dedup"))
    assert dedup is not None
    assert dedup.facts["clusters"] == {"2": 2}
    assert dedup.facts["duplicates"] == {"songs": {"fables": 2}}


def test_a_forecast_leaves_its_work_to_the_build(corpus):
    build(corpus.deployment.open())
    corpus.publish("songs", "new", [document("song")])
    forecast = build(corpus.deployment.open(rehearse=True))
    report = build(corpus.deployment.open())
    assert report.touched == forecast.touched
    assert (forecast.decided["evaluated"], report.decided["evaluated"]) == (1, 0)
