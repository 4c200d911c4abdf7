"""`pile reconcile`, `serve`, `doctor` and `gc`: Dagster's records, its servers, the machine they run on, and its disk."""

from typing import TYPE_CHECKING

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, Bytes, existing_store, json_option, table

if TYPE_CHECKING:
    from pile_assets.deployment import Deployment
    from pile_assets.retention.collect import Collected


@click.command(epilog=EXIT_CODES)
@click.pass_context
@json_option
def doctor(context: click.Context, as_json: bool) -> None:
    """Name what this machine lacks for a build or for the UI, and the remedy. Exits 1 where a build cannot start."""
    from pile_assets import doctor as examining
    from pile_assets.deployment import Deployment

    deployment = Deployment.from_environment()
    findings = examining.examine(examining.look(deployment.home), _network_sources(deployment))
    if as_json:
        terminal.print_json({"fit": examining.fit(findings), "findings": [finding.as_dict() for finding in findings]})
    else:
        rows = [(finding.check, finding.level.value, finding.found, finding.remedy) for finding in findings]
        table("This machine", ["check", "", "found", "remedy"], rows)
    if not examining.fit(findings):
        context.exit(FAILED)


def _network_sources(deployment: "Deployment") -> list[str]:
    """The running sources that ask a publisher. Looks at no store, since the doctor must leave none behind."""
    from datetime import UTC, datetime

    from pile_assets.registry.load import load
    from pile_assets.state import State, sources_of
    from pile_assets.steps import load_module

    today = datetime.now(UTC).date()
    sources = sources_of(load(deployment.registry), State(deployment.home, rehearse=True), deployment.admit, today)
    return [name for name, record in sources.running.items() if load_module(record).HOST is not None]


@click.command(epilog=EXIT_CODES)
@json_option
def reconcile(as_json: bool) -> None:
    """Tell Dagster again what the store holds, wherever its records differ. Nothing is computed."""
    from pile_assets.deployment import Deployment
    from pile_assets.graph.instance import open_instance
    from pile_assets.graph.reconcile import reconcile as tell
    from pile_assets.store import Store

    deployment = Deployment.from_environment()
    with (
        Store(deployment.home).lock("pile reconcile", exclusive=False),
        open_instance() as instance,
        terminal.progress() as bar,
    ):
        done = tell(instance, deployment.open(), progress=bar)
    figures = {"compared": done.compared, "reported": done.reported, "taken_back": done.absent, "partitions": done.partitions}
    if as_json:
        return terminal.print_json(figures | {"events": done.events, "checks": done.checks})
    table("Told again", ["asset", "partitions"], sorted(done.events.items()))
    return click.echo(
        f"Compared: {done.compared:,}. Reported again: {done.reported:,}, of them taken back: {done.absent:,}. "
        f"Partitions added: {done.partitions:,}."
    )


@click.command(epilog=EXIT_CODES)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the UI, which has no login of its own.")
def serve(host: str) -> None:
    """Open the graph in Dagster, with its daemon, until Ctrl-C."""
    from pile_assets.graph.serve import serve as run

    run(click.echo, host=host)


@click.command(epilog=EXIT_CODES)
@click.option("--remove", is_flag=True, help="Remove it; without this, only tell what would be removed.")
@click.option("--grace-hours", type=click.FloatRange(0), help="Instead of PILE_GRACE_HOURS; 0 waits for nothing.")
@json_option
def gc(remove: bool, grace_hours: float | None, as_json: bool) -> None:
    """Remove files of the store that nothing has referred to for a while.

    Kept are the files of every current stage and of the last PILE_KEEP_RELEASES releases, and steps of a rehearsal that a build
    may still take up. How long a file has been left over is counted from the first `pile gc --remove` that saw it so.
    """
    import time
    from dataclasses import asdict

    from pile_assets.deployment import Deployment
    from pile_assets.retention.collect import collect
    from pile_assets.store import FILES_LOCK

    deployment = Deployment.from_environment()
    store = existing_store(deployment)
    hours = deployment.grace_hours if grace_hours is None else grace_hours
    with store.lock("pile gc", exclusive=remove), store.lock("pile gc", exclusive=remove, name=FILES_LOCK):
        done = collect(
            store,
            now=time.time(),
            grace_seconds=hours * 3600,
            keep_releases=deployment.keep_releases,
            remove=remove,
        )
    if as_json:
        return terminal.print_json({"done": remove, **asdict(done)})
    rows = [(kind, amount.files, Bytes(amount.bytes)) for kind, amount in sorted(done.removed.items())]
    table("Removed" if remove else "Would be removed", ["", "files", "size"], [*rows, *_waiting(done)])
    for release in done.let_go:
        click.echo(f"Release {release} {'is' if remove else 'would be'} a list of digests from now on; its files wait.")
    if not (rows or done.waiting.files or done.let_go):
        click.echo("Nothing is left over.")
    elif not remove:
        click.echo("Nothing was touched; `pile gc --remove` does it.")
    return None


def _waiting(done: "Collected") -> list[tuple[str, int, Bytes]]:
    waiting = done.waiting
    return [("waiting for the grace period to end", waiting.files, Bytes(waiting.bytes))] if waiting.files else []


COMMANDS = (reconcile, serve, doctor, gc)
