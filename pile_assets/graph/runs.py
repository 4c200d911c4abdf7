"""What Dagster's run storage says about pieces of work: who is at it, how often it was tried, why it failed.

What belongs here: reading runs, and ending those whose process is gone. What may not: deciding what to request
(`planning`).
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from pile_assets.graph.naming import (
    DEDUP_WORK,
    DIGEST,
    RELEASE_WORK,
    REVIEW_WORK,
    TAKEDOWNS_WORK,
    WORK,
    domain_work,
    evidence_work,
    op_name,
    source_work,
)
from pile_assets.graph.working import at_work
from pile_assets.store import Store

WAITING = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED]
UNFINISHED = [
    *WAITING,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
DEAD_SECONDS = 120
"""A run that started longer ago and holds no lock has no process any more: a living one takes its lock at once."""
REMEMBERED = 100
"""Finished runs of one piece of work that are looked at for earlier attempts."""


def unfinished(instance: dg.DagsterInstance) -> Sequence[dg.RunRecord]:
    return instance.get_run_records(dg.RunsFilter(statuses=UNFINISHED))


def works_of(run: dg.DagsterRun) -> set[str]:
    """The pieces of work a run is at: by its job's tag, or for a run launched on assets by the assets it selected."""
    if work := run.tags.get(WORK):
        return {work}
    return {_work_of(key) for key in run.asset_selection or ()}


def _work_of(key: dg.AssetKey) -> str:
    match key.path:
        case ["takedowns"]:
            return TAKEDOWNS_WORK
        case ["dedup"]:
            return DEDUP_WORK
        case ["legal_kit" | "cards" | "release"]:
            return RELEASE_WORK
        case ["shards", domain] | [domain, "shard_plan" | "shard_inputs"]:
            return domain_work(domain)
        case ["review_queue"]:
            return REVIEW_WORK
        case [source, "licence_evidence"]:
            return evidence_work(source)
        case [source, *_]:
            return source_work(source)
    raise ValueError(f"an asset without a name: {key}")


def end_dead_runs(instance: dg.DagsterInstance, store: Store) -> list[str]:
    """Mark as failed the runs whose process is gone, e.g. because the machine stopped; returns their ids."""
    old = time.time() - DEAD_SECONDS
    started = [record for record in unfinished(instance) if record.start_time is not None and record.start_time < old]
    return _end(instance, store, started, "The process of this run is gone. Its work is asked for again by itself.")


def end_all_runs(instance: dg.DagsterInstance, store: Store) -> list[str]:
    """The same for every run that was launched, where it is known that nothing can be running; what is queued stays so."""
    launched = [record for record in unfinished(instance) if record.dagster_run.status not in WAITING]
    return _end(instance, store, launched, "Dagster was stopped. The work is asked for again by itself.")


def _end(instance: dg.DagsterInstance, store: Store, records: Iterable[dg.RunRecord], why: str) -> list[str]:
    """Runs that hold a lock live, whoever says otherwise."""
    ended = []
    for run in (record.dagster_run for record in records):
        works = works_of(run)
        if works and not any(at_work(store, work) for work in works):
            instance.report_run_failed(run, why)
            ended.append(run.run_id)
    return ended


def finished(instance: dg.DagsterInstance, work: str) -> Sequence[dg.RunRecord]:
    """The newest finished runs the planner requested for a piece of work, newest first."""
    records = instance.get_run_records(dg.RunsFilter(tags={WORK: work}), limit=REMEMBERED)
    return [record for record in records if record.dagster_run.is_finished and DIGEST in record.dagster_run.tags]


def requested(instance: dg.DagsterInstance, work: str, digest: str) -> int:
    """How often exactly this work has been requested."""
    return instance.get_runs_count(dg.RunsFilter(tags={WORK: work, DIGEST: digest}))


def pending_of(run: dg.DagsterRun) -> Mapping[str, str]:
    """What was due when the planner requested a run: partition -> digest for a source, "" -> digest for other work."""
    work = run.tags[WORK]
    if not work.startswith("sources/"):
        return {"": run.tags[DIGEST]}
    config: Any = run.run_config
    pending: Mapping[str, str] = config["ops"][op_name(work)]["config"]["pending"]
    return pending


def attempts(records: Sequence[dg.RunRecord], item: str, digest: str) -> tuple[int, float]:
    """How often an item was tried in vain as it is now, and when that last ended.

    `records` come newest first. A run that was asked for the item in another state ends the count, so that a state which
    comes back is tried afresh.
    """
    count, ended = 0, 0.0
    for record in records:
        known = pending_of(record.dagster_run).get(item)
        if known is None:
            continue
        if known != digest:
            break
        count, ended = count + 1, max(ended, record.end_time or 0.0)
    return count, ended


def failure_of(instance: dg.DagsterInstance, run_id: str) -> str:
    """Why a run failed, in the words of its step."""
    events = instance.get_records_for_run(run_id, of_type=dg.DagsterEventType.STEP_FAILURE, limit=1).records
    if not events:
        return "The run ended without a word: it was cancelled, or its process is gone."
    failure = events[0].event_log_entry.get_dagster_event().step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    return failure.error.message if failure.error else "The run gives no reason."
