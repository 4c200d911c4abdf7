"""Looks at publishers report what is new and nothing else, and a look that was missed or failed is made good."""

import os
import time
from collections.abc import Iterator

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData

from pile_assets.deployment import Deployment
from pile_assets.graph.upstream import GRACE_SECONDS, PERIOD, RETRY_SECONDS, cron, is_overdue
from pile_assets.graph.working import working
from pile_assets.registry.models import Refresh
from pile_assets.sources import local_folder
from pile_assets_tests.deployments import document, prose
from pile_assets_tests.graph.daemon import Daemon, metadata

DAY = PERIOD[Refresh.DAILY]
NOW = 10.0**9


def watch(daemon: Daemon, source: str = "fables") -> list[tuple[str | None, str]]:
    """One tick of a source's sensor: the events it reports."""
    found = daemon.evaluate(f"watch_{source}")
    if isinstance(found, dg.SkipReason):
        return []
    events = [event for event in found.asset_events if isinstance(event, dg.AssetMaterialization)]
    return [(event.partition, (event.tags or {})["dagster/data_version"][:9]) for event in events]


# -- sources on this machine ---------------------------------------------------------------------------------------


def test_a_look_reports_new_changed_withdrawn_and_returned_partitions_and_no_other(daemon):
    assert [partition for partition, _ in watch(daemon)] == ["one", "two"]
    assert daemon.instance.get_dynamic_partitions("fables") == ["one", "two"]
    assert watch(daemon) == []

    content = (daemon.corpus.folder("fables") / "two.jsonl").read_bytes()
    daemon.corpus.publish("fables", "one", [document("fable-one-0", prose("changed"))])
    daemon.corpus.withdraw("fables", "two")
    (changed, withdrawn) = watch(daemon)
    assert changed[0] == "one"
    assert withdrawn == ("two", "withdrawn")

    (daemon.corpus.folder("fables") / "two.jsonl").write_bytes(content)
    ((partition, version),) = watch(daemon)
    assert partition == "two"
    assert version != "withdrawn"
    assert daemon.instance.get_dynamic_partitions("fables") == ["one", "two"]


def test_a_changed_byte_is_found_whatever_size_and_time_say(daemon):
    watch(daemon)
    path = daemon.corpus.folder("fables") / "one.jsonl"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"river", b"rivet", 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [partition for partition, _ in watch(daemon)] == ["one"]


def test_an_event_says_what_upstream_says(daemon):
    watch(daemon)
    said = metadata(daemon.materializations(["fables", "upstream"], "one")[0])
    assert said["present"] is True
    assert said["url"].startswith("file://")
    assert said["expected_bytes"] > 0


def test_a_look_waits_for_no_one(daemon):
    with working("catalogue/fables"):
        assert watch(daemon) == []
    assert len(watch(daemon)) == 2


def test_a_folder_that_is_gone_withdraws_nothing(daemon):
    watch(daemon)
    daemon.corpus.folder("fables").rename(daemon.corpus.root / "unmounted")
    with pytest.raises(Exception, match="There is no folder"):
        watch(daemon)
    assert all(entry.present for entry in Deployment.from_environment().open().catalogues["fables"].values())


# -- sources on the network ----------------------------------------------------------------------------------------


@pytest.fixture
def polled(corpus, monkeypatch) -> Iterator[Daemon]:
    """The same folders as if they were a publisher's, over an instance that knows schedules."""
    monkeypatch.setattr(local_folder, "HOST", "publisher.example")
    with dg.instance_for_test() as instance:
        yield Daemon(corpus, instance)


def test_a_source_on_the_network_has_a_schedule_and_no_sensor(polled):
    assert not [sensor.name for sensor in polled.defs.sensors or () if sensor.name.startswith("watch_")]
    schedule = polled.defs.resolve_schedule_def("refresh_fables_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_the_schedule_of_a_watched_source_is_off_until_somebody_wants_it(daemon):
    schedule = daemon.defs.resolve_schedule_def("refresh_fables_schedule")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_the_refresh_job_reports_like_a_sensor_and_the_planner_goes_on_from_there(polled):
    assert polled.run("refresh_fables").success
    assert polled.instance.get_dynamic_partitions("fables") == ["one", "two"]
    assert {event.partition for event in polled.materializations(["fables", "upstream"])} == {"one", "two"}
    assert polled.run("refresh_fables").success
    assert len(polled.materializations(["fables", "upstream"])) == 2
    assert polled.tick() == ["sources/fables"]


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    later = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: later)


def overdue(daemon: Daemon) -> list[str]:
    found = daemon.evaluate("overdue_refreshes")
    assert isinstance(found, dg.SensorResult)
    return sorted(str(request.job_name) for request in found.run_requests or ())


def test_a_source_that_was_never_read_is_read_at_once_and_then_not_before_its_time(polled):
    assert overdue(polled) == ["refresh_fables", "refresh_songs"]
    polled.run("refresh_fables")
    assert overdue(polled) == ["refresh_songs"]


def test_a_missed_hour_is_made_good(polled, monkeypatch):
    polled.run("refresh_fables")
    polled.run("refresh_songs")
    assert overdue(polled) == []
    pass_time(monkeypatch, PERIOD[Refresh.HOURLY] + GRACE_SECONDS + 60)
    assert overdue(polled) == ["refresh_fables", "refresh_songs"]


def test_a_refresh_that_failed_is_tried_again_after_a_pause(polled, monkeypatch):
    polled.run("refresh_songs")
    polled.corpus.folder("fables").rename(polled.corpus.root / "unreachable")
    assert not polled.run("refresh_fables").success
    assert overdue(polled) == []
    pass_time(monkeypatch, RETRY_SECONDS + 60)
    assert overdue(polled) == ["refresh_fables"]


def test_a_refresh_that_is_going_is_not_launched_twice(polled):
    job = polled.defs.resolve_job_def("refresh_fables")
    run = polled.instance.create_run_for_job(job)
    polled.instance.report_dagster_event(dg.DagsterEvent("PIPELINE_START", job.name), run.run_id)
    assert overdue(polled) == ["refresh_songs"]


def test_a_schedule_that_somebody_stopped_is_not_made_good(polled):
    location = GrpcServerCodeLocationOrigin(host="127.0.0.1", port=1, location_name="pile_assets")
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), "refresh_fables_schedule")
    data = ScheduleInstigatorData("0 * * * *")
    polled.instance.add_instigator_state(InstigatorState(origin, InstigatorType.SCHEDULE, InstigatorStatus.STOPPED, data))
    assert overdue(polled) == ["refresh_songs"]


@pytest.mark.parametrize(
    ("succeeded", "failed", "due"),
    [
        (None, None, True),
        (NOW - 10, None, False),
        (NOW - DAY, None, False),
        (NOW - DAY - GRACE_SECONDS - 1, None, True),
        (None, NOW - 10, False),
        (None, NOW - RETRY_SECONDS - 1, True),
        (NOW - DAY * 9, NOW - 10, False),
        (NOW - 2_000, NOW - 1_000, True),
        (NOW - 1_000, NOW - 2_000, False),
    ],
)
def test_when_a_daily_refresh_is_overdue(succeeded, failed, due):
    assert is_overdue(Refresh.DAILY, succeeded, failed, NOW) is due


def test_sources_do_not_all_ask_in_the_same_minute():
    for pace in Refresh:
        times = {cron(pace, seniority) for seniority in range(60)}
        assert len(times) == 60
