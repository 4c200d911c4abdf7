"""Garbage collection in a deployment: a job, and the schedule that launches it every night.

What belongs here: when it runs and under which locks. What may not: what may go (`pile_assets.retention`).
"""

import time

import dagster as dg

from pile_assets.deployment import Deployment
from pile_assets.errors import Busy
from pile_assets.graph.naming import COLLECT_WORK, job_name
from pile_assets.graph.plain_jobs import plain_job, plain_schedule
from pile_assets.graph.working import alone
from pile_assets.retention.collect import Collected, collect

CRON = "23 3 * * *"
PATIENCE_SECONDS = 600
"""How long a collection looks for a moment in which no run is at work; after that the next night will do."""


def collect_job() -> dg.JobDefinition:
    """Collects now; there is no harm in launching it at any time."""

    @dg.op(name="remove_leftovers")
    def remove(context: dg.OpExecutionContext) -> None:
        deployment = Deployment.from_environment()
        try:
            with alone(COLLECT_WORK, PATIENCE_SECONDS) as store:
                done = collect(
                    store,
                    now=time.time(),
                    grace_seconds=deployment.grace_hours * 3600,
                    keep_releases=deployment.keep_releases,
                    remove=True,
                )
        except Busy as busy:
            context.log.warning(f"Nothing was removed. {busy.cause} The next night will do, or launch it by hand.")
            return
        context.log.info(said(done))

    return plain_job(COLLECT_WORK, remove, "Removes files of the store that nothing has referred to for PILE_GRACE_HOURS.")


def said(done: Collected) -> str:
    """What a collection did, in one line."""
    removed = ", ".join(f"{a.files:,} {kind}s ({a.bytes:,} bytes)" for kind, a in sorted(done.removed.items())) or "nothing"
    gone = f" Digests only from now on: {', '.join(done.let_go)}." if done.let_go else ""
    return f"Removed: {removed}. Waiting: {done.waiting.files:,} files ({done.waiting.bytes:,} bytes).{gone}"


def collect_schedule() -> dg.ScheduleDefinition:
    """Every night."""
    job = job_name(COLLECT_WORK)
    return plain_schedule(f"{job}_schedule", job, CRON, "Collects garbage every night.")
