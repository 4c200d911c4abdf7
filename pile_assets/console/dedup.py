"""`pile dedup`: duplicate removal by itself, without sources, licences or a store."""

from pathlib import Path

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, PARTLY, Bytes, facts, json_option, table

_FILE = click.Path(path_type=Path)


@click.group()
def dedup() -> None:
    """Find duplicates in files of documents, whatever they come from."""


@dedup.command(epilog=EXIT_CODES)
@click.pass_context
@click.argument("inputs", nargs=-1, required=True, type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder of the results.")
@click.option("--id-column", default="id", show_default=True, help="Where a document's id stands.")
@click.option("--text-column", default="text", show_default=True, help="Where its text stands.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Inputs read and signed at once.")
@json_option
def run(
    context: click.Context,
    inputs: tuple[Path, ...],
    out: Path,
    id_column: str,
    text_column: str,
    workers: int,
    as_json: bool,
) -> None:
    """Signatures of and verdicts on all documents of INPUTS, in the folder OUT.

    INPUTS are JSON lines, plain or packed with gzip or Zstandard, and Parquet files, or folders of them. Of documents that are
    alike, the one whose input is named first is kept. Run it again with more, fewer or changed inputs: what has not changed is
    not read again, and the results are the same as from nothing, byte for byte.

    OUT/verdicts holds Parquet files with id, verdict (kept, exact_dup or near_dup), dup_of and agreement; OUT/problems.jsonl
    every line that was left out, and why.
    """
    from dataclasses import asdict

    from pile_assets.dedup.standalone.reading import Columns
    from pile_assets.dedup.standalone.run import find_inputs
    from pile_assets.dedup.standalone.run import run as bring_up_to

    with terminal.progress() as bar:
        done = bring_up_to(find_inputs(inputs, out), out, Columns(id_column, text_column), workers, bar)
    if as_json:
        terminal.print_json(asdict(done))
    else:
        figures = {
            "inputs": done.inputs,
            "of them signed now": done.signed,
            "documents": done.documents,
            "text": Bytes(done.bytes),
            "decided again": done.evaluated,
            "files of verdicts written": done.written,
        }
        facts("Done", figures)
        table("Verdicts", ["verdict", "documents"], sorted(done.verdicts.items()))
        table("Left out", ["reason", "lines"], sorted(done.refused.items()))
        table("Inputs left out", ["input", "why"], sorted(done.failed.items()))
        if done.refused or done.failed:
            click.echo(f"{out / 'problems.jsonl'} names each of them.")
    if done.refused or done.failed:
        context.exit(PARTLY)


COMMANDS = (dedup,)
