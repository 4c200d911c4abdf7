"""`pile licence`: what the normaliser says of licence statements. It reads no store and needs none."""

import json
from typing import TYPE_CHECKING, BinaryIO

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, PARTLY, json_option, plain, table

if TYPE_CHECKING:
    from pile_assets.inspection.licences import Answer


@click.command(epilog=EXIT_CODES)
@click.option("--context", default="text", show_default=True, help="Where the statements were found; see --contexts.")
@click.option("--batch", type=click.File("rb"), metavar="FILE", help="Read lines of JSON with `raw` and `context`; - is stdin.")
@click.option("--contexts", "listing", is_flag=True, help="List the contexts, each a closed vocabulary.")
@click.option("--vocabularies", is_flag=True, help="Print all tables as a page of Markdown: docs/licence-vocabularies.md.")
@click.argument("statements", nargs=-1, metavar="STATEMENT...")
@json_option
def licence(
    context: str, batch: BinaryIO | None, listing: bool, vocabularies: bool, statements: tuple[str, ...], as_json: bool
) -> None:
    """Say what licence STATEMENTs mean, a line of JSON each.

    A statement is resolved to an SPDX expression, or only to a family, or it is unresolved or in conflict with itself; `rule`
    names what decided. `open` is true where the table of accepted licences has what it names.
    """
    from pile_assets.licensing import normalise

    known = normalise.context_named(context)
    if known is None:
        raise click.BadParameter(f"{context!r} is none of `pile licence --contexts`.", param_hint="--context")
    if listing:
        return _list(as_json)
    if vocabularies:
        from pile_assets.inspection.vocabulary_page import page

        return click.echo(page(), nl=False)
    if batch is None and not statements:
        raise click.UsageError("Give a STATEMENT, --batch FILE, --contexts or --vocabularies.")
    from pile_assets.inspection import licences

    for statement in statements:
        _print(licences.answer(statement, known))
    return _read_batch(batch, known) if batch is not None else None


def _list(as_json: bool) -> None:
    from dataclasses import asdict

    from pile_assets.inspection.licences import vocabularies

    listed = vocabularies()
    if as_json:
        return terminal.print_json([asdict(one) for one in listed])
    rows = [(one.context, one.summary, ", ".join(one.other_names)) for one in listed]
    return table("Contexts", ["context", "what it reads", "also called"], rows)


def _read_batch(batch: BinaryIO, context: str) -> None:
    """Answers on stdout, bad lines on stderr with their numbers; the exit code says whether there were any."""
    from pile_assets.inspection.licences import BadLine
    from pile_assets.inspection.licences import batch as read

    bad = 0
    for one in read(batch, context):
        if isinstance(one, BadLine):
            bad += 1
            click.echo(f"line {one.number}: {plain(one.problem)}", err=True)
        else:
            _print(one)
    if bad:
        click.echo(f"{bad:,} lines were not read.", err=True)
        click.get_current_context().exit(PARTLY)


def _print(answer: "Answer") -> None:
    from dataclasses import asdict

    click.echo(json.dumps(asdict(answer), ensure_ascii=False))


COMMANDS = (licence,)
