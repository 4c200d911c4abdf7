"""Removing the bytes of withdrawn documents in a deployment: the job that the planner asks for where a decision says so.

What belongs here: under which locks it runs and what it tells. What may not: what is removed (`pile_assets.withdrawal.purge`).
"""

import dagster as dg

from pile_assets.deployment import Deployment
from pile_assets.errors import PileError
from pile_assets.graph import events
from pile_assets.graph.naming import PURGE_WORK, op_name
from pile_assets.graph.plain_jobs import plain_job
from pile_assets.graph.reconcile import reconcile
from pile_assets.graph.working import alone
from pile_assets.withdrawal import purge

PATIENCE_SECONDS = 600
"""How long it looks for a moment in which no run is at work; after that the planner asks again."""


def purge_job() -> dg.JobDefinition:
    """Removes what is due now; there is no harm in launching it at any time."""

    @dg.op(name=op_name(PURGE_WORK))
    def remove(context: dg.OpExecutionContext) -> None:
        try:
            with alone(PURGE_WORK, PATIENCE_SECONDS):
                done = purge.run(Deployment.from_environment().open())
                reconcile(context.instance, Deployment.from_environment().open())
        except PileError as error:
            raise events.failures([error]) from error
        context.log.info(said(done))
        if not done.proven:
            raise events.failures([_unproven(done)])

    said = "Removes from the store the bytes of withdrawn documents whose decision says so, and searches for them."
    return plain_job(PURGE_WORK, remove, said)


def said(done: purge.Purged) -> str:
    """What a purge did, in one line; numbers and requests only."""
    removed = ", ".join(f"{count} documents for {id_}" for id_, count in sorted(done.documents.items())) or "nothing"
    gone = f" Releases that are digests only from now on: {len(done.erased.releases)}." if done.erased.releases else ""
    anew = f" Releases written anew: {len(done.erased.rewritten)}." if done.erased.rewritten else ""
    again = f" Partitions to be fetched again: {len(done.restored)}." if done.restored else ""
    return f"Removed: {removed}. Files searched for what was removed: {done.files_searched}.{gone}{anew}{again}"


def _unproven(done: purge.Purged) -> PileError:
    places = sorted({trace.file for trace in done.left} | set(done.unsearched))
    return PileError(
        f"Of what was removed something is left, or could not be searched for: {', '.join(places[:5])}.",
        remedy="Remove these files, or restore them so that they can be read; it is searched again with the next attempt.",
    )
