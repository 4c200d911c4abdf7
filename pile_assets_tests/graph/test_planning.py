"""The planner's sensor asks for what is due, wave by wave, never twice, and gives up with an alert."""

import time
from typing import Any

import dagster as dg
import pytest

from pile_assets.alerts import Alert, read_alerts
from pile_assets.graph import planning, runs
from pile_assets.graph.naming import ATTEMPT, WORK
from pile_assets.graph.working import working
from pile_assets.store import Store
from pile_assets_tests.deployments import document, prose
from pile_assets_tests.graph.daemon import Daemon, add_small_source

TAIL = ["corpus/dedup", "domains/books", "corpus/release"]
LATER = 10**6
"""Seconds after which every pause is over."""


def keys(request: dg.RunRequest) -> list[str]:
    config: Any = request.run_config
    (op,) = config["ops"].values()
    return list(op["config"]["keys"])


def carry_out(daemon: Daemon, decision: planning.Decision) -> list[dg.ExecuteInProcessResult]:
    return [daemon.run(request.job_name, request.run_config, request.tags) for request in decision.requests]


# -- waves ---------------------------------------------------------------------------------------------------------


def test_an_empty_deployment_asks_for_nothing(daemon):
    assert daemon.decide().requests == []


def test_the_first_build_takes_one_run_a_source_then_one_of_each_later_kind(daemon):
    assert daemon.settle() == ["sources/fables", "sources/songs", *TAIL]
    assert daemon.tick() == []
    assert daemon.version(["release"]) is not None


def test_scattered_changes_of_a_source_are_one_run_over_exactly_these(built):
    for number in range(10):
        built.corpus.publish("fables", f"p{number}", [document(f"p{number}")])
    built.settle()
    for number in (1, 4, 8):
        built.corpus.publish("fables", f"p{number}", [document(f"p{number}", prose(f"again {number}"))])
    built.look()
    (request,) = built.decide().requests
    assert keys(request) == ["p1", "p4", "p8"]


def test_the_same_records_published_again_end_with_the_chain(built):
    before = built.events()
    path = built.corpus.folder("fables") / "one.jsonl"
    path.write_text(path.read_text() + "\n")
    assert built.settle() == ["sources/fables"]
    # upstream and raw have new bytes; documents names them, and nothing after it has changed
    assert built.events() - before == 3


def test_a_changed_document_reaches_its_shards_and_the_release(built):
    built.corpus.publish("songs", "alpha", [document("song-alpha-0", prose("other words"))])
    assert built.settle() == ["sources/songs", *TAIL]


def test_a_withdrawn_partition_leaves_and_returns_with_the_same_bytes(built):
    release = built.version(["release"])
    content = (built.corpus.folder("songs") / "alpha.jsonl").read_bytes()
    built.corpus.withdraw("songs", "alpha")
    assert built.settle() == ["sources/songs", *TAIL]
    assert built.version(["songs", "upstream"], "alpha") == "withdrawn:1"
    assert built.version(["release"]) != release
    (built.corpus.folder("songs") / "alpha.jsonl").write_bytes(content)
    assert built.settle() == ["sources/songs", *TAIL]
    assert built.version(["release"]) == release


def test_work_that_is_due_anew_waits_for_the_run_that_is_at_it(built):
    built.corpus.publish("fables", "three", [document("three")])
    built.look()
    going(built)
    decision = built.decide()
    assert decision.requests == []
    assert decision.waiting == ["At work or waiting: sources/fables."]


def test_a_run_by_hand_on_a_sources_assets_counts_as_work_on_it(built):
    built.corpus.publish("fables", "three", [document("three")])
    built.look()
    job = built.defs.resolve_implicit_global_asset_job_def()
    chosen = frozenset({dg.AssetKey(["fables", "raw"])})
    built.instance.create_run_for_job(job, asset_selection=chosen)
    assert built.decide().requests == []


def test_nothing_is_asked_for_while_a_build_has_the_store(built):
    built.corpus.publish("fables", "three", [document("three")])
    built.look()
    with Store(built.corpus.home).lock("pile build", exclusive=True):
        assert built.decide().waiting == ["`pile build` is at work."]
    assert len(built.decide().requests) == 1


def test_a_source_added_while_changes_are_pending_joins_them(built):
    built.corpus.publish("fables", "three", [document("three")])
    add_small_source(built.corpus, "tales", 7)
    built.corpus.publish("tales", "first", [document("tale")])
    built.reload()
    assert built.settle() == ["sources/fables", "sources/tales", *TAIL]


def test_work_that_was_planned_is_what_pile_build_would_do(built):
    """After the daemon has settled, a build finds nothing."""
    built.corpus.publish("fables", "three", [document("three")])
    built.settle()
    assert not any(built.build().materialized.values())


# -- failures ------------------------------------------------------------------------------------------------------


@pytest.fixture
def failing(built: Daemon) -> Daemon:
    """One partition of fables cannot be fetched; another one, and songs, have changes too."""
    for partition in ("bad", "good"):
        built.corpus.publish("fables", partition, [document(f"{partition}-0")])
    built.look()
    (built.corpus.folder("fables") / "bad.jsonl").unlink()
    return built


def test_a_failed_attempt_is_counted_for_the_partition_that_failed_alone(failing):
    (result,) = carry_out(failing, failing.decide())
    assert not result.success
    assert failing.decide().requests == []  # too early
    (request,) = failing.decide(time.time() + 10).requests
    assert keys(request) == ["bad"]
    assert request.tags[ATTEMPT] == "2"
    assert request.tags["dagster/max_retries"] == "0"


def test_pauses_grow_and_the_last_is_an_hour():
    assert [planning.pause(tried, 3) for tried in range(5)] == [0, 5, 20, 3600, 3600]
    assert [planning.pause(tried, 9) for tried in range(5)] == [0, 5, 20, 60, 60]


def test_what_failed_as_often_as_it_may_is_given_up_with_an_alert_and_holds_up_nothing(failing):
    while (decision := failing.decide(time.time() + 60)).requests and not decision.alerts:
        assert {request.tags[WORK] for request in decision.requests} == {"sources/fables"}
        carry_out(failing, decision)
    assert [request.tags[WORK] for request in decision.requests] == ["corpus/dedup"]
    (alert,) = decision.alerts
    assert (alert.work, alert.partitions, alert.attempts) == ("sources/fables", ("bad",), 3)
    assert "bad.jsonl is gone" in alert.cause

    failing.tick()
    assert read_alerts(failing.corpus.home) == [alert]
    passed, said = failing.check(["fables", "eligible"], "keeps_up") or (True, "")
    assert not passed
    assert "Given up after 3 attempts" in str(said)


def test_an_alert_ends_with_its_cause_and_the_work_is_done_without_a_person(failing):
    for _ in range(3):
        carry_out(failing, failing.decide(time.time() + 60))
    assert failing.rest() == TAIL
    assert read_alerts(failing.corpus.home)
    failing.corpus.publish("fables", "bad", [document("bad-0")])
    assert failing.decide().requests == []
    (request,) = failing.decide(time.time() + 3601).requests
    assert keys(request) == ["bad"]
    carry_out(failing, failing.decide(time.time() + 3601))
    assert failing.rest() == TAIL
    assert read_alerts(failing.corpus.home) == []
    assert failing.check(["fables", "eligible"], "keeps_up") == (True, "No work has been given up.")


def test_a_new_version_of_what_was_given_up_is_tried_at_once(failing):
    for _ in range(3):
        carry_out(failing, failing.decide(time.time() + 60))
    failing.corpus.publish("fables", "bad", [document("bad-0", prose("mended"))])
    failing.look()
    (request,) = [request for request in failing.decide().requests if request.tags[WORK] == "sources/fables"]
    assert keys(request) == ["bad"]
    assert request.tags[ATTEMPT] == "1"


def test_a_state_that_comes_back_is_asked_for_under_a_new_run_key(built):
    """Dagster launches nothing for a run key it has seen, so a key must never repeat for work that is due again."""
    seen: set[str | None] = set()
    for text in ("a", "b", "a", "b"):
        built.corpus.publish("fables", "three", [document("three", prose(text))])
        built.look()
        while (decision := built.decide()).requests:
            assert not seen & {request.run_key for request in decision.requests}
            seen |= {request.run_key for request in decision.requests}
            carry_out(built, decision)


def test_a_run_by_hand_is_no_attempt(failing):
    for _ in range(4):
        failing.run("sources_fables", {"ops": {"work_sources_fables": {"config": {"keys": ["bad"]}}}})
    (request,) = failing.decide().requests
    assert request.tags[ATTEMPT] == "1"


# -- runs whose process is gone ------------------------------------------------------------------------------------


def going(daemon: Daemon) -> dg.DagsterRun:
    """A run that says it is working on fables."""
    job = daemon.defs.resolve_job_def("sources_fables")
    config: dict[str, Any] = {"ops": {"work_sources_fables": {"config": {"keys": []}}}}
    run = daemon.instance.create_run_for_job(job, run_config=config, tags=job.tags)
    daemon.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", job.name), run.run_id)
    return run


def status(daemon: Daemon, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = daemon.instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def test_a_run_whose_process_is_gone_is_ended_and_its_work_asked_for_again(built, monkeypatch):
    built.corpus.publish("fables", "three", [document("three")])
    built.look()
    run = going(built)
    assert built.decide().requests == []  # it may only be slow to start
    monkeypatch.setattr(runs, "DEAD_SECONDS", -1)
    (request,) = built.decide().requests
    assert keys(request) == ["three"]
    assert status(built, run) is dg.DagsterRunStatus.FAILURE


def test_a_run_that_holds_its_lock_lives_however_long_it_takes(built, monkeypatch):
    built.corpus.publish("fables", "three", [document("three")])
    built.look()
    run = going(built)
    monkeypatch.setattr(runs, "DEAD_SECONDS", -1)
    with working("sources/fables"):
        assert built.decide().requests == []
    assert status(built, run) is dg.DagsterRunStatus.STARTED


def test_the_alerts_of_kinds_that_were_not_looked_at_stand(built):
    alerts = [Alert(work, (), 3, "c", "r", "0") for work in ("domains/books", "sources/fables", "sources/songs")]
    decision = planning.Decision(alerts=alerts[2:], judged=["sources/"], busy={"sources/fables"})
    assert decision.standing(alerts) == alerts
    assert planning.Decision(judged=["sources/"]).standing(alerts) == alerts[:1]
