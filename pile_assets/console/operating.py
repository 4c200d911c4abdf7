"""`pile reconcile`, `serve` and `doctor`: Dagster's records, its servers, and the machine they run on."""

from typing import TYPE_CHECKING

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, json_option, table

if TYPE_CHECKING:
    from pile_assets.deployment import Deployment


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
    from pile_assets.registry.load import load
    from pile_assets.state import State, sources_of
    from pile_assets.steps import load_module

    sources = sources_of(load(deployment.registry), State(deployment.home, rehearse=True), deployment.admit)
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


COMMANDS = (reconcile, serve, doctor)
