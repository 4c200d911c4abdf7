"""The review queue in Dagster: a table of what waits, reported when it differs."""

from pile_assets_tests.deployments import document
from pile_assets_tests.graph.daemon import metadata


def test_the_queue_is_shown_with_counts_and_examples_and_reported_once(corpus, daemon):
    corpus.publish("fables", "held", [document(f"odd-{i}", licence="ask the miller") for i in range(3)])
    daemon.build()
    for _ in range(2):
        assert daemon.launch([["review_queue"]]).success
    (event,) = daemon.materializations(["review_queue"])
    shown = metadata(event)
    assert shown["held"] == 3
    assert "| 3 | Licence statement not understood | ask the miller | fables | fables:held/odd-0 |" in shown["queue"]

    corpus.publish("fables", "held", [document("odd-0", licence="ask the miller")])
    daemon.build()
    assert daemon.run("corpus_review_queue").success
    assert metadata(daemon.materializations(["review_queue"])[0])["held"] == 1


def test_the_queue_is_gathered_every_morning(daemon):
    (schedule,) = [s for s in daemon.defs.schedules if s.name == "review_queue_schedule"]
    assert schedule.default_status.value == "RUNNING"
