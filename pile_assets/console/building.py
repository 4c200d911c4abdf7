"""`pile build` and `pile plan`: doing what is due, and saying beforehand what that will be."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, PARTLY, Bytes, json_option, table

if TYPE_CHECKING:
    from pile_assets.build import BuildReport
    from pile_assets.deployment import Deployment, Session
    from pile_assets.errors import PileError
    from pile_assets.inspection.status import Status

EMBEDDED = frozenset({"python_distributions", "python_standard_library"})
"""The sources that need no network; a corpus of these alone is mostly permissive code."""

CHAIN_BYTES_PER_SECOND = 1_500_000
"""Raw bytes per second and thread from upstream to `eligible`, measured on the embedded default; `plan --quick` only."""

NAMES_SHOWN = 10

threads_option = click.option(
    "--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Partitions worked at the same time."
)
source_option = click.option(
    "--source", "only", multiple=True, metavar="NAME", help="Ask only this source for news; may be given several times."
)


# -- build ---------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@threads_option
@source_option
@click.option("--repair", is_flag=True, help="First verify the store, and make again what is damaged or missing.")
@click.option("--no-dagster", is_flag=True, help="Do not report to Dagster; `pile reconcile` does so later.")
@json_option
@click.pass_context
def build(context: click.Context, threads: int, only: tuple[str, ...], repair: bool, no_dagster: bool, as_json: bool) -> None:
    """Ask every source for news, do what is due, and nothing else.

    A partition that cannot be used is named and keeps its last good version; the rest goes on. With nothing changed
    upstream, nothing is done.
    """
    import time

    from pile_assets import build as building
    from pile_assets.deployment import Deployment
    from pile_assets.errors import PileError
    from pile_assets.inspection import status
    from pile_assets.store import Store

    started = time.monotonic()
    deployment = Deployment.from_environment()
    store = Store(deployment.home)
    with store.lock("pile build", exclusive=True), terminal.progress() as progress:
        store.sweep()
        left = _repair(deployment, progress) if repair else []
        session = deployment.open()
        _check_sources(session, only)
        report = building.BuildReport()
        try:
            building.build(session, threads=threads, progress=progress, only=only, report=report)
        except (PileError, OSError):
            for failed in (*report.quarantined, *report.failed):
                terminal.print_error(failed, as_json=False)
            raise
        dagster_seconds = 0.0 if no_dagster else _report_to_dagster(session, report, progress)
        standing = status.read(session)
    seconds = time.monotonic() - started
    whole = {"dagster": dagster_seconds, "total": seconds}
    if as_json:
        terminal.print_json(_as_json(report, standing, whole) | ({"not_repaired": left} if repair else {}))
    else:
        _show(report, standing, whole)
        for problem in left:
            click.echo(f"not repaired: {problem['place']}: {problem['found']} Next: {problem['remedy']}", err=True)
    if report.failed or standing.quarantined() or left:
        context.exit(PARTLY)


def _repair(deployment: "Deployment", progress: terminal.Progress) -> list[dict[str, str]]:
    """Take out what is damaged; returns what no build can make again."""
    from pile_assets.inspection import verify
    from pile_assets.repair import discard

    session = deployment.open()
    found = verify.verify(session.view.store, progress)
    mended, left = discard(session, found.problems)
    for problem in mended:
        click.echo(f"repairing {problem.place}: {terminal.plain(problem.found)}", err=True)
    return [problem.as_dict() for problem in left]


def _check_sources(session: "Session", only: tuple[str, ...]) -> None:
    """Raises NotAdmitted, with the remedy, for a source that this deployment does not run."""
    for source in only:
        session.chain(source)


def _report_to_dagster(session: "Session", report: "BuildReport", progress: terminal.Progress) -> float:
    """Tell Dagster what has changed; returns the seconds that took, with importing it and opening its database."""
    import time

    started = time.monotonic()
    progress("opening Dagster", 0, 1)
    from pile_assets.graph.instance import open_instance
    from pile_assets.graph.reconcile import reconcile

    with open_instance() as instance:
        reconcile(instance, session, outcomes=report.outcomes, progress=progress)
    return time.monotonic() - started


def _as_json(report: "BuildReport", standing: "Status", whole: Mapping[str, float]) -> dict[str, Any]:
    return {
        "materialized": report.materialized,
        "worked": report.worked,
        "touched": report.touched,
        **report.figures(),
        "duplicates_decided": report.decided,
        "release": (standing.release or {}).get("release"),
        "quarantined": standing.quarantined(),
        "failed": [error.as_dict() for error in report.failed],
        "notes": report.notes,
        "seconds": round(whole["total"], 3),
        "discovery_seconds": round(report.discovery_seconds, 3),
        "dagster_seconds": round(whole["dagster"], 3),
        "stage_seconds": report.stage_seconds,
    }


def _show(report: "BuildReport", standing: "Status", whole: Mapping[str, float]) -> None:
    from pile_assets.console.inspecting import show_registry_problems, show_sources

    show_sources(standing)
    _show_work(report)
    _show_troubles(report.failed, standing.quarantined())
    show_registry_problems(standing)
    for note in report.notes:
        click.echo(f"note: {terminal.plain(note)}")
    spent = {"looking at sources": report.discovery_seconds, **report.stage_seconds, "telling Dagster": whole["dagster"]}
    table("Where the time went, in seconds (stages added over threads)", ["stage", "seconds"], _by_size(spent))
    figures, release = report.figures(), (standing.release or {}).get("release")
    if not any(report.materialized.values()):
        click.echo("Nothing had changed: nothing was done.")
    click.echo(
        f"Shards changed: {figures['shards']}, with new files: {figures['shard_files']}, {Bytes(figures['shard_bytes'])}. "
        f"Release: {release or 'none yet'}. Seconds: {whole['total']:.1f}."
    )
    _show_embedded(standing)


def _by_size(spent: Mapping[str, float]) -> list[tuple[str, float]]:
    noticeable = [(what, round(seconds, 1)) for what, seconds in spent.items() if seconds >= 0.05]
    return sorted(noticeable, key=lambda item: (-item[1], item[0]))


def _show_work(report: "BuildReport") -> None:
    rows = [(stage, count, report.worked.get(stage, "")) for stage, count in report.materialized.items() if count]
    table("What has a new version", ["stage", "partitions", "computed now"], rows)


def _show_troubles(failed: "list[PileError]", quarantined: list[Mapping[str, Any]]) -> None:
    rows = [(note["source"], note["partition"], note["stage"], note["cause"], note["remedy"]) for note in quarantined]
    table("In quarantine: these keep their last good version", ["source", "partition", "stage", "cause", "next step"], rows)
    table(
        "Failed: the next build tries again",
        ["source", "partition", "cause", "next step"],
        [(error.source, error.partition, error.cause, error.remedy) for error in failed],
    )


def _show_embedded(standing: "Status") -> None:
    """Say plainly what the default corpus is not, and how to have more."""
    running = {source.source for source in standing.sources if source.standing == "running"}
    others = [source.source for source in standing.sources if source.standing == "off"]
    if not running or not running <= EMBEDDED:
        return
    click.echo(
        "This is the embedded default: mostly permissively licensed code from this machine, and no substitute for prose."
    )
    if others:
        click.echo(f"For more, with a network: `pile sources enable {' '.join(others)}`, then `pile build`.")


# -- plan ----------------------------------------------------------------------------------------------------------


@click.command(epilog=EXIT_CODES)
@threads_option
@source_option
@click.option("--quick", is_flag=True, help="Only what is known without reading any text: pending partitions and sizes.")
@json_option
@click.pass_context
def plan(context: click.Context, threads: int, only: tuple[str, ...], quick: bool, as_json: bool) -> None:
    """Forecast exactly what `pile build` will touch, publishing nothing.

    The forecast is a rehearsal: the steps are done and kept aside, so that the build after it only takes them up. With
    --quick the sources are asked and nothing is read.
    """
    from pile_assets.deployment import Deployment
    from pile_assets.store import Store

    deployment = Deployment.from_environment()
    with Store(deployment.home).lock("pile plan", exclusive=False), terminal.progress() as progress:
        session = deployment.open(rehearse=True)
        _check_sources(session, only)
        if quick:
            forecast, partly = _quick(session, only, progress, threads)
        else:
            forecast, partly = _rehearse(session, only, progress, threads)
        forecast["apart"] = _apart(session)
    if as_json:
        terminal.print_json(forecast)
    else:
        _show_forecast(forecast)
    if partly:
        context.exit(PARTLY)


def _rehearse(
    session: "Session", only: tuple[str, ...], progress: terminal.Progress, threads: int
) -> tuple[dict[str, Any], bool]:
    from pile_assets import build as building

    report = building.build(session, threads=threads, progress=progress, only=only)
    forecast = {
        "materialized": report.materialized,
        "touched": report.touched,
        **report.figures(),
        "duplicates_decided": report.decided,
        "quarantined": [error.as_dict() for error in report.quarantined],
        "failed": [error.as_dict() for error in report.failed],
        "seconds": round(report.seconds, 3),
    }
    return forecast, bool(report.quarantined or report.failed)


def _quick(session: "Session", only: tuple[str, ...], progress: terminal.Progress, threads: int) -> tuple[dict[str, Any], bool]:
    """Pending partitions per source with what the catalogue expects of them."""
    from pile_assets import planner
    from pile_assets.errors import PileError

    failed = []
    session.turn_year()
    names = [source for source in session.sources.running if not only or source in only]
    for done, source in enumerate(names):
        progress(f"looking at {source}", done, len(names))
        try:
            failed.extend(session.discover(source)[1])
        except PileError as error:
            failed.append(error.at(source=source))
    wave = planner.plan(session.world())
    pending = {source: _expected(session, source, partitions) for source, partitions in wave.chains.items()}
    known = sum(expected["bytes"] or 0 for expected in pending.values())
    forecast = {
        "pending": pending,
        "minutes": round(known / CHAIN_BYTES_PER_SECOND / threads / 60, 1),
        "failed": [error.as_dict() for error in failed],
    }
    return forecast, bool(failed)


def _apart(session: "Session") -> dict[str, str]:
    """Sources that a build leaves as they are or leaves out, and why; those the operator switched off are no news."""
    from pile_assets.inspection.status import standing_of

    names = sorted({*session.registry.records, *session.registry.broken, *session.view.store.sources()})
    standings = {source: standing_of(session, source) for source in names}
    return {
        source: f"{standing}: {reason}"
        for source, (standing, reason) in standings.items()
        if standing not in ("running", "off")
    }


def _expected(session: "Session", source: str, partitions: Mapping[str, str]) -> dict[str, Any]:
    """Sums over the partitions whose listing tells; null where none does."""
    entries = [session.catalogues[source][partition] for partition in partitions]
    documents = [entry.documents for entry in entries if entry.documents is not None]
    sizes = [entry.bytes for entry in entries if entry.bytes is not None]
    return {
        "partitions": dict(partitions),
        "documents": sum(documents) if documents else None,
        "bytes": sum(sizes) if sizes else None,
    }


def _show_forecast(forecast: Mapping[str, Any]) -> None:
    if "pending" in forecast:
        _show_pending(forecast)
    else:
        rows = [(stage, len(names), _some(names)) for stage, names in forecast["touched"].items()]
        table("A build will touch", ["stage", "partitions", "which"], rows)
        if not rows:
            click.echo("Nothing is due: a build will do nothing.")
        click.echo(
            f"Documents: {forecast['documents']:,}, {Bytes(forecast['document_bytes'])}. Shards: {forecast['shards']}, "
            f"with new files: {forecast['shard_files']}, {Bytes(forecast['shard_bytes'])}. "
            f"Rehearsed in {forecast['seconds'] / 60:.1f} minutes; the build takes up what is done."
        )
    for source, why in forecast["apart"].items():
        click.echo(f"apart: {source} is {terminal.plain(why)}", err=True)
    for trouble in (*forecast.get("quarantined", ()), *forecast["failed"]):
        place = " / ".join(part for part in (trouble["source"], trouble["partition"]) if part)
        click.echo(f"trouble: {place}: {terminal.plain(trouble['cause'])} Next: {terminal.plain(trouble['remedy'])}", err=True)


def _show_pending(forecast: Mapping[str, Any]) -> None:
    rows = [
        (
            source,
            len(expected["partitions"]),
            expected["documents"],
            _size(expected["bytes"]),
            _some(list(expected["partitions"])),
        )
        for source, expected in forecast["pending"].items()
    ]
    table("Pending", ["source", "partitions", "documents expected", "bytes expected", "which"], rows)
    if not rows:
        click.echo("No partition is pending.")
    click.echo(f"About {forecast['minutes']} minutes for the bytes that are known. `pile plan` without --quick is exact.")


def _size(size: int | None) -> Bytes | None:
    return None if size is None else Bytes(size)


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more


COMMANDS = (build, plan)
