"""Evidence in Dagster: a look is shown, drift fails the check and refuses downstream, also what is selected by hand."""

from collections.abc import Iterator

import dagster as dg
import pytest

from pile_assets.graph.naming import evidence_job
from pile_assets.store import Address
from pile_assets_tests.deployments import Corpus, document
from pile_assets_tests.graph.daemon import Daemon, add_small_source, failure, metadata
from pile_assets_tests.mirror.server import Mirror
from pile_assets_tests.review.test_evidence import PAGE, entry


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as running:
        running.publish("/terms", PAGE, content_type="text/html")
        yield running


@pytest.fixture
def watched(corpus: Corpus, mirror: Mirror) -> Iterator[Daemon]:
    """`fables` rests on a page of the mirror; everything is built."""
    add_small_source(corpus, "fables", 0, evidence=[entry(f"{mirror.url}/terms")])
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(corpus, instance)
        assert not daemon.build().failed
        yield daemon


def shard(daemon: Daemon) -> str:
    return planned(daemon, "fables", "one")


def drift(mirror: Mirror, daemon: Daemon) -> None:
    mirror.publish("/terms", b"All rights reserved.")
    assert daemon.launch([["fables", "licence_evidence"]]).success


def test_a_look_is_an_event_once_and_again_when_a_page_changes(watched, mirror):
    for _ in range(2):
        assert watched.launch([["fables", "licence_evidence"]]).success
    (event,) = watched.materializations(["fables", "licence_evidence"])
    assert "unchanged" in metadata(event)["pages"]
    assert watched.check(["fables", "licence_evidence"], "evidence_unchanged") == (
        True,
        "The evidence pages are what was reviewed.",
    )
    drift(mirror, watched)
    newest, _ = watched.materializations(["fables", "licence_evidence"])
    assert metadata(newest)["drifted"] == 1


def test_drift_fails_the_checks_of_evidence_and_documents(watched, mirror):
    drift(mirror, watched)
    assert not (watched.check(["fables", "licence_evidence"], "evidence_unchanged") or (True,))[0]
    passed, said = watched.check(["fables", "documents"], "licence_reviewed") or (True, "")
    assert not passed
    assert "pile review clear fables" in str(said)


def test_documents_selected_by_hand_are_refused_with_who_must_do_what(watched, mirror):
    drift(mirror, watched)
    said = failure(watched.launch([["fables", "documents"]], partition="one"))
    assert "The source may not yield documents" in said
    assert "A licence reviewer must compare the page with the record" in said


def test_a_shard_selected_by_hand_is_refused_where_it_would_take_something_new(watched, mirror):
    watched.corpus.publish("fables", "one", [document("new")])
    up_to_the_plan(watched)
    drift(mirror, watched)
    said = failure(watched.launch([["shards", "books"]], partition=planned(watched, "fables", "one")))
    assert "The source may not yield documents" in said
    assert "pile review evidence fables" in said


def test_what_a_frozen_source_had_yielded_can_be_written_again(watched, mirror):
    drift(mirror, watched)
    assert watched.launch([["shards", "books"]], partition=shard(watched), config=force()).success


def test_a_shard_of_a_source_that_was_rejected_is_refused_by_hand(watched, corpus):
    review = {"status": "rejected", "by": [], "on": "2026-11-23", "expires": "2027-11-23", "sample": {"n": 0, "wrong": 0}}
    add_small_source(corpus, "fables", 0, review=review)
    said = failure(watched.launch([["shards", "books"]], partition=shard(watched), config=force()))
    assert "its review status is rejected" in said
    assert "A reviewer must look at the evidence" in said


def test_the_planner_asks_for_nothing_of_a_frozen_source(watched, mirror):
    drift(mirror, watched)
    watched.corpus.publish("fables", "two", [document("changed")])
    watched.corpus.publish("songs", "alpha", [document("changed-song")])
    assert watched.settle() == ["sources/songs", "corpus/dedup", "domains/books", "corpus/release"]


def test_the_job_looks_and_reconcile_reports_a_lost_look_again(watched):
    assert watched.run(evidence_job("fables")).success
    watched.instance.wipe_assets([dg.AssetKey(["fables", "licence_evidence"])])
    assert watched.run("reconcile").success
    assert len(watched.materializations(["fables", "licence_evidence"])) == 1


def test_evidence_is_looked_at_weekly_and_on_the_network_only(watched):
    schedules = {s.name: s for s in watched.defs.schedules}
    assert schedules["evidence_fables_schedule"].default_status.value == "STOPPED"


def force() -> dict[str, object]:
    return {"ops": {"shards__books": {"config": {"force": True}}}}


def up_to_the_plan(daemon: Daemon) -> None:
    """Bring chains, duplicates and plan up to date, and leave the shards as they were."""
    daemon.look()
    assert daemon.tick() == ["sources/fables"]
    assert daemon.tick() == ["corpus/dedup"]
    assert daemon.launch([["books", "shard_plan"]]).success


def planned(daemon: Daemon, source: str, partition: str) -> str:
    """The shard a source partition lands in."""
    plan = daemon.corpus.deployment.open().view.need(Address.of_domain("books", "shard_plan"))
    shards: dict[str, list[list[str]]] = plan.facts["shards"]
    return next(name for name, inputs in shards.items() if [source, partition] in [row[:2] for row in inputs])
