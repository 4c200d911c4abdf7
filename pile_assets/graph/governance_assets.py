"""What reviewers look at: `licence_evidence` of every source, its pages compared with its record, and `review_queue`.

What belongs here: these assets, their jobs and schedules, and the events that show them. What may not:
fetching and comparing (`pile_assets.review`), refusing anything: that is done where the work is, a failed check is no gate.

The asset is not a parent of `documents`: a page that was looked at again makes no document stale. What drift does is to freeze
the source, whoever asks for its documents. Nor does it stand in its source's group: that one is the chain, which is launched
as a range of partitions in one run, and a source nobody has looked at yet is not for that reason unbuilt.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import dagster as dg

from pile_assets.deployment import Deployment, Session
from pile_assets.errors import PileError
from pile_assets.graph import checks, events
from pile_assets.graph.chain_run import Context
from pile_assets.graph.markdown import table_fields
from pile_assets.graph.naming import (
    DATA_VERSION,
    REVIEW_GROUP,
    REVIEW_WORK,
    evidence_job,
    evidence_key,
    evidence_work,
    job_name,
)
from pile_assets.graph.parents import REVIEW_QUEUE, Parents
from pile_assets.graph.plain_jobs import plain_job, plain_schedule
from pile_assets.graph.sources import SourceInGraph, sources_in_graph
from pile_assets.graph.upstream import cron
from pile_assets.graph.working import working
from pile_assets.registry.models import Record, Refresh
from pile_assets.review import looking, queue
from pile_assets.review.evidence import Look
from pile_assets.store import digest

DESCRIPTION = (
    "The pages that the licence of this source rests on, as they are now: each is fetched and compared with what the record "
    "says was read there. A page that has changed freezes the source until a reviewer has looked: "
    "`pile review evidence {name}`."
)


def evidence_assets(sources: Iterable[SourceInGraph]) -> list[dg.AssetsDefinition]:
    """One unpartitioned asset per source."""
    return [_evidence(source) for source in sources]


def _evidence(source: SourceInGraph) -> dg.AssetsDefinition:
    name = source.name

    @dg.asset(
        key=evidence_key(name),
        description=DESCRIPTION.format(name=name),
        group_name=REVIEW_GROUP,
        kinds={"json"},
        owners=source.record.owners,
        tags={"domain": source.domain, "review": source.record.review.status.value},
        output_required=False,
    )
    def licence_evidence(context: dg.AssetExecutionContext) -> Iterator[Any]:
        look_at_evidence(context, name)
        yield from ()

    return licence_evidence


def evidence_jobs(sources: Iterable[SourceInGraph]) -> list[dg.JobDefinition]:
    """A job per source that looks at its evidence now."""
    return [_job(source.name) for source in sources]


def _job(name: str) -> dg.JobDefinition:
    @dg.op(name=f"compare_evidence_of_{name}")
    def compare(context: dg.OpExecutionContext) -> None:
        look_at_evidence(context, name)

    said = f"Fetches the evidence pages of {name} and compares them with its record."
    return plain_job(evidence_work(name), compare, said, name=evidence_job(name))


def evidence_schedules(sources: Sequence[SourceInGraph]) -> list[dg.ScheduleDefinition]:
    """Weekly, at an hour of the source's own; off for sources on this machine, which may have no network."""
    return [
        plain_schedule(
            f"evidence_{source.name}_schedule",
            evidence_job(source.name),
            cron(Refresh.WEEKLY, source.record.seniority + 3),
            f"Looks once a week whether the evidence for the licence of {source.record.title} still stands.",
            dg.DefaultScheduleStatus.RUNNING if source.host else dg.DefaultScheduleStatus.STOPPED,
        )
        for source in sources
    ]


def look_at_evidence(context: Context, name: str) -> None:
    """Fetch, compare, report. A page that has drifted fails the check, not the run; one that cannot be had fails neither."""
    with working(evidence_work(name), context.log.warning) as session:
        try:
            before, found = session.state.evidence(name), looking.look(session, name)
            record = looking.record_of(session, name)
        except PileError as error:
            raise events.failures([error]) from error
    for finding in found.findings:
        say = context.log.info if finding.state == "unchanged" else context.log.warning
        say(f"{finding.url}: {finding.state}. {finding.detail}")
    if before.on is None or version(record, before) != version(record, found):
        context.log_event(of_evidence(record, found))
    report(context.instance, name)


def report(instance: dg.DagsterInstance, name: str) -> None:
    """The checks that a look may change, judged on what is written down now."""
    session = Deployment.from_environment().open()
    source = next(source for source in sources_in_graph(session) if source.name == name)
    results = [checks.evidence_unchanged(source, session.state.evidence(name)), checks.licence_reviewed(source, session.today)]
    checks.report_changed(instance, results)


def version(record: Record, look: Look) -> str:
    """What tells one state of the evidence from another: what the record says, and what the pages are."""
    entries = [entry.model_dump(mode="json") for entry in record.evidence]
    return digest([entries, [[f.url, f.state, f.found] for f in look.findings], [[w.url, w.found, w.by] for w in look.cleared]])


def of_evidence(record: Record, look: Look) -> dg.AssetMaterialization:
    """A look as the asset's page shows it."""
    found = {(finding.url, finding.recorded): finding for finding in look.findings}
    rows = []
    for entry in record.evidence:
        finding = found.get((entry.url, entry.sha256))
        state = "not watched" if entry.watch == "never" else finding.state if finding else "not looked at"
        rows.append([f"[{entry.kind}]({entry.url})", entry.who_speaks or "", str(entry.retrieved), state, entry.quote[:120]])
    return dg.AssetMaterialization(
        evidence_key(record.id),
        metadata={
            "looked_on": dg.MetadataValue.text(look.on or "never"),
            "drifted": dg.MetadataValue.int(len(look.drift(record))),
            **table_fields("pages", ["page", "who speaks", "reviewed as of", "now", "quote"], rows),
        },
        tags={DATA_VERSION: version(record, look)},
    )


def session_evidence(session: Session, name: str) -> tuple[str, dg.AssetMaterialization] | None:
    """Version and event of a source's last look; None where there was none."""
    look = session.state.evidence(name)
    if look.on is None:
        return None
    record = looking.record_of(session, name)
    return version(record, look), of_evidence(record, look)


# -- the queue -----------------------------------------------------------------------------------------------------


def review_queue(table: Parents) -> dg.AssetsDefinition:
    """One asset over all sources."""

    @dg.asset(
        key=REVIEW_QUEUE,
        deps=[dg.AssetDep(parent, partition_mapping=dg.AllPartitionMapping()) for parent in table[REVIEW_QUEUE]],
        description=(
            "Held documents by what was said of them, most first, with examples: one decision, a file in the registry's "
            "`decisions/`, clears all that say the same. `pile review queue` prints it as it is now."
        ),
        group_name=REVIEW_GROUP,
        kinds={"polars", "parquet"},
        code_version=queue.QUEUE_VERSION,
        output_required=False,
    )
    def gather(context: dg.AssetExecutionContext) -> Iterator[Any]:
        gather_queue(context)
        yield from ()

    return gather


def gather_queue(context: Context) -> None:
    """Cluster what is held, and report it where it is another queue than last time."""
    with working(REVIEW_WORK, context.log.warning) as session:
        manifest = queue.commit(session.view, queue.clusters(queue.held(session)))
        around = events.surroundings(session)
    if manifest is None:
        context.log.info("The same documents wait for the same reasons as before.")
    else:
        context.log_event(events.of_manifest(manifest, around))


def queue_job() -> dg.JobDefinition:
    """Gathers the queue now."""

    @dg.op(name="gather_the_queue")
    def gather(context: dg.OpExecutionContext) -> None:
        gather_queue(context)

    return plain_job(REVIEW_WORK, gather, "Gathers held documents by what was said of them.")


def queue_schedule() -> dg.ScheduleDefinition:
    """Every morning, so that a reviewer finds what has gathered."""
    return plain_schedule("review_queue_schedule", job_name(REVIEW_WORK), "41 4 * * *", "Gathers what waits for a reviewer.")
