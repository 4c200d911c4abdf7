"""Everything Dagster is given, put together from one deployment.

What belongs here: calling the factories in the right order. What may not: a decision about any of them.
"""

import dagster as dg

from pile_assets.deployment import Deployment
from pile_assets.graph import (
    checks,
    collecting,
    corpus_assets,
    governance_assets,
    jobs,
    new_year,
    planning,
    reconcile,
    reloading,
    source_assets,
    upstream,
)
from pile_assets.graph.parents import parents
from pile_assets.graph.settings import Settings
from pile_assets.graph.sources import sources_in_graph


def definitions(deployment: Deployment, settings: Settings) -> dg.Definitions:
    """The graph of the deployment as its registry is now. A broken record costs its own source's look, no other's."""
    loaded = reloading.registry_digest(deployment)
    sources = sources_in_graph(deployment.open(rehearse=True))
    table = parents(sources)
    running = [source for source in sources if source.refusal is None]
    refresh_jobs = {source.name: upstream.refresh_job_of(source) for source in running}
    planned_jobs = jobs.planned_jobs(sources)
    reconcile_job = reconcile.reconcile_job()
    overdue = upstream.overdue_sensor(running, refresh_jobs)
    return dg.Definitions(
        assets=[
            *(asset for source in sources for asset in source_assets.source_assets(source, table)),
            *governance_assets.evidence_assets(sources),
            governance_assets.review_queue(table),
            *corpus_assets.corpus_assets(sources, table),
        ],
        asset_checks=checks.asset_checks(sources),
        jobs=[
            *planned_jobs,
            *refresh_jobs.values(),
            *governance_assets.evidence_jobs(sources),
            governance_assets.queue_job(),
            reconcile_job,
            collecting.collect_job(),
            new_year.new_year_job(),
        ],
        schedules=[
            *(upstream.refresh_schedule(source) for source in running),
            *governance_assets.evidence_schedules(sources),
            governance_assets.queue_schedule(),
            collecting.collect_schedule(),
            new_year.new_year_schedule(),
        ],
        sensors=[
            *(upstream.source_sensor(source, settings.sensor_seconds) for source in running if source.watched),
            *([overdue] if overdue else []),
            planning.planner_sensor(planned_jobs, settings),
            reconcile.reconcile_sensor(reconcile_job, settings.reconcile_seconds),
            reloading.registry_sensor(loaded, settings.sensor_seconds),
        ],
        executor=dg.in_process_executor,
    )
