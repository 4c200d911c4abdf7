"""The one shape of jobs that do a piece of work in their own process, and of schedules that launch such a job.

What belongs here: these two shapes. What may not: any work, or when it is due.
"""

import dagster as dg

from pile_assets.graph.naming import WORK, job_name


def plain_job(work: str, step: dg.OpDefinition, description: str, *, name: str | None = None) -> dg.JobDefinition:
    """A job of one op, tagged with its work; its name is that of the work, where it is given no other."""

    @dg.job(name=name or job_name(work), description=description, tags={WORK: work}, executor_def=dg.in_process_executor)
    def job() -> None:
        step()

    return job


def plain_schedule(
    name: str,
    job: str,
    cron: str,
    description: str,
    status: dg.DefaultScheduleStatus = dg.DefaultScheduleStatus.RUNNING,
) -> dg.ScheduleDefinition:
    """Launches a job by its name at times in UTC; it runs unless it is switched off."""
    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=status,
        description=description,
    )
