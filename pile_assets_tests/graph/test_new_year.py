"""The year comes in by its schedule and by the planner's tick, and what turns is requested as any other work is."""

from datetime import date

from pile_assets.deployment import Deployment
from pile_assets.graph import new_year
from pile_assets.state import State
from pile_assets_tests.deployments import document

FACTS = {"published": 1931, "country": "US", "deaths": [1950], "renewed": True}


def test_the_planner_asks_for_what_turns_and_for_nothing_else(corpus, daemon):
    turning = document("turning", licence="LicenseRef-PublicDomain", public_domain=FACTS)
    corpus.publish("fables", "novels", [turning, document("beside")])
    daemon.settle()
    held = daemon.version(["fables", "eligible"], "novels")

    session = Deployment.from_environment().open(today=date(2027, 1, 1))
    assert new_year.turn_year(session) == "The corpus is of 2027 now. Partitions with works that turn: fables/novels."
    assert daemon.rest() == ["sources/fables", "corpus/dedup", "domains/books", "corpus/release"]
    assert daemon.version(["fables", "eligible"], "novels") != held
    assert len(daemon.materializations(["fables", "eligible"], "one")) == 1
    assert len(daemon.materializations(["fables", "documents"], "novels")) == 1


def test_the_planners_tick_gives_the_year(corpus, daemon):
    daemon.tick()
    assert State(corpus.home).year() == Deployment.from_environment().open().today.year


def test_the_job_says_that_there_is_nothing_to_do(corpus, daemon):
    daemon.tick()
    assert daemon.run("new_year").success
    assert new_year.turn_year(Deployment.from_environment().open()).endswith("already.")


def test_the_schedule_is_on_for_midnight_of_new_years_day(daemon):
    (schedule,) = [s for s in daemon.defs.schedules if s.name == "new_year_schedule"]
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 0 1 1 *", "UTC")
    assert schedule.default_status.value == "RUNNING"
