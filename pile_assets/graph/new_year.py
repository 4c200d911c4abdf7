"""1 January: the corpus is given its new year, and works whose term has ended are judged again.

What belongs here: the schedule and its job. What may not: which works turn (`licensing.public_domain`, asked by the planner).

The job writes the year into the state and says what that makes due; the planner's next tick requests it. That tick turns the
year as well, so that a deployment which was down at midnight, or has the schedule switched off, is late and not wrong.
"""

import dagster as dg

from pile_assets import planner
from pile_assets.deployment import Session
from pile_assets.graph.naming import NEW_YEAR_WORK, job_name
from pile_assets.graph.plain_jobs import plain_job, plain_schedule
from pile_assets.graph.working import working


def new_year_job() -> dg.JobDefinition:
    """Turns the year now; there is no harm in launching it at any time."""

    @dg.op(name="turn_the_year")
    def turn(context: dg.OpExecutionContext) -> None:
        with working(NEW_YEAR_WORK, context.log.warning) as session:
            context.log.info(turn_year(session))

    return plain_job(NEW_YEAR_WORK, turn, "Gives the corpus the current year; what turns with it is requested by the planner.")


def turn_year(session: Session) -> str:
    """Turn the year, and say which partitions that makes due."""
    before = planner.plan(session.world()).chains
    if not session.turn_year():
        return f"The corpus has the year {session.state.year()} already."
    after = planner.plan(session.world()).chains
    due = sorted(f"{source}/{key}" for source, keys in after.items() for key in keys if key not in before.get(source, {}))
    return f"The corpus is of {session.state.year()} now. Partitions with works that turn: {', '.join(due) or 'none'}."


def new_year_schedule() -> dg.ScheduleDefinition:
    """At midnight UTC of 1 January, when terms of protection end."""
    said = "Terms of protection end with the year: works in the public domain since today are let in."
    return plain_schedule("new_year_schedule", job_name(NEW_YEAR_WORK), "0 0 1 1 *", said)
