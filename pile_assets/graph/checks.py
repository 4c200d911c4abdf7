"""Checks an operator sees on assets: signals, never gates. What must not happen is refused in code, elsewhere.

What belongs here: judging committed facts and saying so as Dagster asset checks. What may not: stopping anything.

Results are reported where they differ from the last ones. A check that is launched together with its asset is skipped by
Dagster, since chains yield no outputs; launched alone it runs.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationTargetMaterializationData
from dagster_shared.record import replace

from pile_assets.alerts import Alert, read_alerts
from pile_assets.deployment import Deployment, Session
from pile_assets.errors import StoreDamage
from pile_assets.graph.markdown import list_field
from pile_assets.graph.naming import (
    DEDUP_WORK,
    RELEASE_WORK,
    TAKEDOWNS_WORK,
    domain_work,
    evidence_key,
    source_key,
    source_work,
)
from pile_assets.graph.sources import SourceInGraph, domains_of, sources_in_graph
from pile_assets.review.evidence import Look
from pile_assets.store import Address, Manifest
from pile_assets.view import View
from pile_assets.withdrawal import absence
from pile_assets.withdrawal.vault import Vault

NEEDED = ("id", "source", "partition", "licence", "url")
"""Columns of a shard row that are never empty."""


Judge = Callable[[Session], dg.AssetCheckResult]


def asset_checks(sources: Iterable[SourceInGraph]) -> list[dg.AssetChecksDefinition]:
    """Every check, as one that can also be launched by hand."""
    found = list(sources)
    return [
        *(_check(work_key(work), "keeps_up", KEEPS_UP, _judge_keeping_up(work)) for work in works(found)),
        *(
            _check(source_key(source.name, "documents"), "licence_reviewed", LICENCE_REVIEWED, _judge_review(source))
            for source in found
        ),
        *(
            _check(evidence_key(source.name), "evidence_unchanged", EVIDENCE_UNCHANGED, _judge_evidence(source))
            for source in found
        ),
        *(
            _check(work_key(domain_work(domain)), "rows_are_whole", ROWS_ARE_WHOLE, _judge_rows(domain))
            for domain in domains_of(found)
        ),
        _check(work_key(TAKEDOWNS_WORK), "ledger_is_whole", LEDGER_IS_WHOLE, lambda session: ledger_is_whole(session.vault)),
        _check(work_key(RELEASE_WORK), "nothing_withdrawn", NOTHING_WITHDRAWN, nothing_withdrawn),
    ]


KEEPS_UP = "Whether the planner's runs succeed, or this work was given up until something it depends on changes."
LICENCE_REVIEWED = "Whether the source's licence review admits it and has not run out."
LEDGER_IS_WHOLE = "Whether every line of the takedown ledger can be used and none was changed or removed after it was read."
NOTHING_WITHDRAWN = "Whether no row of any shard is of a document that the takedown ledger keeps out. It reads the rows."
EVIDENCE_UNCHANGED = "Whether the pages that the licence rests on were, at the last look, what a reviewer has read."
ROWS_ARE_WHOLE = "Whether every row has id, source, licence and url, and no document was lost. Launched by hand, it reads all."


def _check(key: dg.AssetKey, name: str, description: str, judge: Judge) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key, name=name, description=description)
    def check() -> dg.AssetCheckResult:
        return judge(Deployment.from_environment().open())

    return check


def _judge_keeping_up(work: str) -> Judge:
    return lambda session: keeps_up(work, read_alerts(session.view.store.home))


def _judge_review(source: SourceInGraph) -> Judge:
    return lambda session: licence_reviewed(source, session.today)


def _judge_evidence(source: SourceInGraph) -> Judge:
    return lambda session: evidence_unchanged(source, session.state.evidence(source.name))


def _judge_rows(domain: str) -> Judge:
    return lambda session: rows_are_whole(session.view, domain, session.view.partitions(f"domains/{domain}", "shards"))


def report_changed(instance: dg.DagsterInstance, results: Iterable[dg.AssetCheckResult]) -> int:
    """Report the results that differ from the last ones; returns how many."""
    evaluations = [_evaluation(result) for result in results]
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([e.asset_check_key for e in evaluations])
    said = {key: (record.status.value, record.evaluation) for key, record in latest.items()}
    changed = [
        evaluation for evaluation in evaluations if not _repeats(evaluation, *said.get(evaluation.asset_check_key, ("", None)))
    ]
    for evaluation in changed:
        _report(instance, evaluation)
    return len(changed)


def repeat(instance: dg.DagsterInstance, session: Session, work: str) -> None:
    """Say again what stands of a piece of work that has new versions: the UI greys out a check older than its asset."""
    results = [keeps_up(work, read_alerts(session.view.store.home))]
    results += [
        licence_reviewed(source, datetime.now(UTC).date())
        for source in sources_in_graph(session)
        if source_work(source.name) == work
    ]
    for result in results:
        _report(instance, _evaluation(result))


def _report(instance: dg.DagsterInstance, evaluation: dg.AssetCheckEvaluation) -> None:
    """Report a result as one on its asset's last materialization; Dagster's own clock for that is in whole seconds."""
    latest = instance.fetch_materializations(evaluation.asset_key, limit=1).records
    if latest:
        made = latest[0]
        target = AssetCheckEvaluationTargetMaterializationData(
            storage_id=made.storage_id, run_id=made.run_id, timestamp=made.timestamp
        )
        evaluation = replace(evaluation, target_materialization_data=target)
    instance.report_runless_asset_event(evaluation)


def report_rows(instance: dg.DagsterInstance, view: View, domain: str, written: Collection[str]) -> None:
    """After shards were written: report faults in them; and where shards had faults before, whether all are whole now."""
    result = rows_are_whole(view, domain, written)
    if not result.passed or not _passed(instance, _evaluation(result).asset_check_key):
        every = view.partitions(f"domains/{domain}", "shards")
        report_changed(instance, [result if not result.passed else rows_are_whole(view, domain, every)])


def report_takedowns(instance: dg.DagsterInstance, session: Session) -> None:
    """After takedowns were applied or shards were released: whether the ledger is whole and all it names is out."""
    report_changed(instance, [ledger_is_whole(session.vault), nothing_withdrawn(session)])


def _passed(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> bool:
    latest = instance.event_log_storage.get_latest_asset_check_execution_by_key([key]).get(key)
    return latest is not None and latest.status.value == "SUCCEEDED"


def _repeats(evaluation: dg.AssetCheckEvaluation, status: str, last: dg.AssetCheckEvaluation | None) -> bool:
    """Whether the last result says the same; one that was only planned says nothing."""
    if status not in ("SUCCEEDED", "FAILED") or last is None:
        return False
    return (last.passed, last.description) == (evaluation.passed, evaluation.description)


def _evaluation(result: dg.AssetCheckResult) -> dg.AssetCheckEvaluation:
    assert result.asset_key is not None
    assert result.check_name is not None
    return dg.AssetCheckEvaluation(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        metadata=result.metadata,
        severity=result.severity,
        description=result.description,
    )


def works(sources: Iterable[SourceInGraph]) -> list[str]:
    """Every piece of work the graph knows, sources first."""
    found = list(sources)
    chains, domains = [source_work(source.name) for source in found], list(map(domain_work, domains_of(found)))
    return [TAKEDOWNS_WORK, *chains, DEDUP_WORK, *domains, RELEASE_WORK]


def work_key(work: str) -> dg.AssetKey:
    """The asset on which a piece of work is judged: the last one it makes."""
    kind, _, name = work.partition("/")
    if kind == "sources":
        return source_key(name, "eligible")
    return dg.AssetKey(["shards", name]) if kind == "domains" else dg.AssetKey([name])


# -- the judgements ------------------------------------------------------------------------------------------------


def keeps_up(work: str, alerts: Iterable[Alert]) -> dg.AssetCheckResult:
    """Whether the planner's runs of a piece of work succeed, or were given up."""
    standing = [alert for alert in alerts if alert.work == work]
    key = work_key(work)
    if not standing:
        return dg.AssetCheckResult(passed=True, asset_key=key, check_name="keeps_up", description="No work has been given up.")
    alert = standing[0]
    return dg.AssetCheckResult(
        passed=False,
        asset_key=key,
        check_name="keeps_up",
        description=f"Given up after {alert.attempts} attempts. {alert.remedy}",
        metadata={"cause": alert.cause, "run": alert.run, **list_field("partitions", alert.partitions)},
    )


def licence_reviewed(source: SourceInGraph, today: date) -> dg.AssetCheckResult:
    """Whether a source's licence review admits it and has not run out; a warning where nobody has sampled documents."""
    review = source.record.review
    if source.refusal:
        said, passed = source.refusal, False
    elif review.expires < today:
        said, passed = f"The review expired on {review.expires}: look at the evidence again and set a new date.", False
    else:
        said, passed = f"The review is {review.status.value} until {review.expires}.", True
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=source_key(source.name, "documents"),
        check_name="licence_reviewed",
        severity=dg.AssetCheckSeverity.ERROR if source.refusal else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata={
            "sampled": review.sample.n,
            "wrong": review.sample.wrong,
            "wrong_at_most": f"{review.sample.at_most:.1%} (95 % confidence)",
            "notes": review.notes,
        },
    )


def ledger_is_whole(vault: Vault) -> dg.AssetCheckResult:
    """Whether the takedown ledger can be used as it stands."""
    flaws = [str(flaw) for flaw in vault.ledger().flaws]
    said = f"{len(flaws)} lines need mending; what they name is kept out meanwhile." if flaws else "Every line can be used."
    return dg.AssetCheckResult(
        passed=not flaws,
        asset_key=work_key(TAKEDOWNS_WORK),
        check_name="ledger_is_whole",
        description=said,
        metadata=list_field("flaws", flaws),
    )


def nothing_withdrawn(session: Session) -> dg.AssetCheckResult:
    """Whether what the ledger keeps out is in no shard, by the rows themselves."""
    view = View(session.view.store)
    left = absence.in_shards(view, absence.suppressed(view))
    found = [f"{shard}: {len(ids)} documents" for shard, ids in sorted(left.items())]
    return dg.AssetCheckResult(
        passed=not found,
        asset_key=work_key(RELEASE_WORK),
        check_name="nothing_withdrawn",
        description=f"{len(found)} shards are still to be written anew." if found else "No shard holds a withdrawn document.",
        metadata=list_field("shards", found),
    )


def evidence_unchanged(source: SourceInGraph, look: Look) -> dg.AssetCheckResult:
    """Whether the evidence pages still stand; a warning where one could not be had, which proves nothing."""
    drift = look.drift(source.record)
    lost = [finding for finding in look.findings if finding.state == "unreachable"]
    if drift:
        said = f"{len(drift)} evidence pages have changed since they were reviewed: `pile review evidence {source.name}`."
    elif lost:
        said = f"{len(lost)} evidence pages could not be looked at."
    else:
        said = "The evidence pages are what was reviewed." if look.on else "Nobody has looked at the evidence pages yet."
    return dg.AssetCheckResult(
        passed=not drift and not lost,
        asset_key=evidence_key(source.name),
        check_name="evidence_unchanged",
        severity=dg.AssetCheckSeverity.ERROR if drift else dg.AssetCheckSeverity.WARN,
        description=said,
        metadata=list_field("pages", [f"{finding.url}: {finding.state}. {finding.detail}" for finding in (*drift, *lost)]),
    )


def rows_are_whole(view: View, domain: str, shards: Collection[str]) -> dg.AssetCheckResult:
    """Whether every row of these shards has what a reader needs, and every document that went in is there."""
    faults = [fault for shard in sorted(shards) for fault in _faults(view, Address.of_domain(domain, "shards", shard))]
    return dg.AssetCheckResult(
        passed=not faults,
        asset_key=dg.AssetKey(["shards", domain]),
        check_name="rows_are_whole",
        description=f"{len(faults)} faults: run `pile verify`." if faults else "Every row has its id, source, licence and url.",
        metadata=list_field("faults", faults),
    )


def _faults(view: View, address: Address) -> list[str]:
    manifest = view.get(address)
    if manifest is None:
        return []
    found = _not_conserved(manifest)
    try:
        for part in view.store.parts(manifest, list(NEEDED)):
            empty = part.select((pl.col(name).is_null() | (pl.col(name) == "")).sum() for name in NEEDED).row(0, named=True)
            found += [f"{address.partition}: {count} rows without {name}" for name, count in empty.items() if count]
    except StoreDamage as damage:
        found.append(f"{address.partition}: {damage}")
    return found


def _not_conserved(manifest: Manifest) -> list[str]:
    rows, gave = sum(file.rows for file in manifest.files), sum(row[2] for row in manifest.facts["made_of"])
    if rows == gave == manifest.counts.given:
        return []
    return [f"{manifest.address.partition}: {gave} documents went in, {rows} rows are there"]
