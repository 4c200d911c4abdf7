"""`pile dedup`: duplicate removal by itself, without a store; and what another tier would do to the verdicts of one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, PARTLY, Bytes, existing_store, facts, json_option, table

if TYPE_CHECKING:
    from pile_assets.inspection.promotion import Flipped, Promotion

_FILE = click.Path(path_type=Path)


@click.group(epilog=EXIT_CODES)
def dedup() -> None:
    """Find duplicates in files of documents, whatever they come from; and see what another tier would do in the corpus."""


# -- run -----------------------------------------------------------------------------------------------------------


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


# -- preview -------------------------------------------------------------------------------------------------------

_KINDS = {
    "became_unique": "becomes unique",
    "became_duplicate": "becomes a duplicate",
    "repointed": "gets another canonical",
}


@dedup.command(epilog=EXIT_CODES)
@click.argument("source")
@click.option("--tier", type=click.IntRange(0, 9), required=True, help="The tier to try; the smaller one wins duplicates.")
@json_option
def preview(source: str, tier: int, as_json: bool) -> None:
    """Tell how many verdicts would change if SOURCE had another tier, before its record says so.

    Of documents that are alike, the one of the smaller tier is kept, whatever else they are. Everything but the tier is taken
    as the store has it, and nothing is changed.
    """
    from dataclasses import asdict

    from pile_assets.deployment import Deployment
    from pile_assets.inspection import promotion

    deployment = Deployment.from_environment()
    with existing_store(deployment).lock("pile dedup preview", exclusive=True):
        found = promotion.preview(deployment.open(rehearse=True), source, tier)
    if as_json:
        return terminal.print_json({"documents": found.total.documents, **asdict(found)})
    return _show_promotion(found)


def _show_promotion(found: "Promotion") -> None:
    if found.tier_before == found.tier_after:
        click.echo(f"{found.source} has tier {found.tier_before} already: no verdict would change.")
        return
    rows = [(source, *_amounts(flipped)) for source, flipped in found.by_source.items()]
    if len(rows) > 1:
        rows.append(("all", *_amounts(found.total)))
    columns = [
        "source",
        "verdicts",
        "become unique",
        "become duplicates",
        "other canonical",
        "text that comes",
        "text that goes",
    ]
    table(f"Verdicts that change if {found.source} goes from tier {found.tier_before} to {found.tier_after}", columns, rows)
    examples = [(_KINDS[e.kind], e.document, e.dup_of_before, e.dup_of_after) for e in found.examples]
    table("For example", ["what", "document", "now a duplicate of", "then a duplicate of"], examples)
    click.echo(
        f"Verdicts that change: {found.total.documents:,}, in {len(found.partitions):,} partitions. Nothing was changed."
    )
    if not found.current:
        click.echo("Duplicates are due to be resolved: this compares with what the next `pile build` will decide first.")
    if found.total.documents:
        click.echo(
            f"To do it, set `tier: {found.tier_after}` in {found.source}.yaml; `pile plan` then tells which shards it touches."
        )


def _amounts(flipped: "Flipped") -> tuple[int, int, int, int, Bytes, Bytes]:
    return (
        flipped.documents,
        flipped.became_unique,
        flipped.became_duplicate,
        flipped.repointed,
        Bytes(flipped.bytes_in),
        Bytes(flipped.bytes_out),
    )


COMMANDS = (dedup,)
