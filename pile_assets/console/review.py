"""`pile review`: what people look at and decide about licences."""

from typing import TYPE_CHECKING

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, FAILED, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.deployment import Session


@click.group(epilog=EXIT_CODES)
def review() -> None:
    """Look at licence evidence, at what is held, at samples; and record what was decided."""


def _session(*, rehearse: bool = False) -> "Session":
    from pile_assets.deployment import Deployment

    return Deployment.from_environment().open(rehearse=rehearse)


# -- evidence ------------------------------------------------------------------------------------------------------

by_option = click.option("--by", required=True, help="Who stands for it: a role, not a private person.")
reason_option = click.option("--reason", required=True, help="Why, in a sentence that the next reviewer understands.")


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@click.option("--offline", is_flag=True, help="Show the last look, and fetch nothing.")
@json_option
@click.pass_context
def evidence(context: click.Context, source: str, offline: bool, as_json: bool) -> None:
    """Fetch the evidence pages of a source and compare them with its record. Exits 1 where one has drifted."""
    from pile_assets.review import looking

    session = _session()
    record = looking.record_of(session, source)
    if offline:
        found = session.state.evidence(source)
    else:
        with session.view.store.lock("pile review", exclusive=True, name=f"lock-evidence-{source}", wait=True):
            found = looking.look(session, source)
    drift = found.drift(record)
    if as_json:
        terminal.print_json({"source": source, **found.as_dict(), "drift": [finding.url for finding in drift]})
    else:
        rows = [(f.url, f.state, f.recorded[:12], (f.found or "")[:12], f.detail) for f in found.findings]
        table(f"Evidence of {source}, looked at on {found.on}", ["page", "", "recorded", "found", "what"], rows)
        for finding in drift:
            quote = next(entry.quote for entry in record.evidence if entry.url == finding.url)
            click.echo(f"The record quotes: “{plain(quote)}”")
            if finding.found:
                click.echo(f"The page as found: {session.state.evidence_page(source, finding.found)}")
        click.echo(f"{len(drift)} pages have drifted." if drift else "No page has drifted.")
    if drift:
        context.exit(FAILED)


@review.command(epilog=EXIT_CODES)
@click.argument("source")
@by_option
@reason_option
@json_option
def clear(source: str, by: str, reason: str, as_json: bool) -> None:
    """Say, as a reviewer, that the drifted evidence pages of a source still state the same licence."""
    from pile_assets.review import looking

    session = _session()
    with session.view.store.lock("pile review", exclusive=True, name=f"lock-evidence-{source}", wait=True):
        cleared = [finding.url for finding in looking.clear(session, source, by, reason)]
    if as_json:
        return terminal.print_json({"source": source, "cleared": cleared})
    return click.echo(f"Cleared: {', '.join(cleared)}. The next build takes the source up again.")


COMMANDS = (review,)
