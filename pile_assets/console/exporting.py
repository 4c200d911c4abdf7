"""`pile export`: writing a release out for training, mixed by a recipe."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pile_assets.console import terminal
from pile_assets.console.terminal import EXIT_CODES, Bytes, existing_store, json_option, table

if TYPE_CHECKING:
    from pile_assets.export.mixed import Exported, Wanted
    from pile_assets.store import Store

MEGABYTE = 1_000_000


@click.command(epilog=EXIT_CODES)
@click.option("--mixture", "recipe", default="main", show_default=True, metavar="RECIPE", help="main, cooldown or your own.")
@click.option("--format", "shape", type=click.Choice(["parquet", "jsonl.gz"]), default="parquet", show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="An empty or new folder.")
@click.option("--release", metavar="ID", help="A release whose files are still kept; by default the latest.")
@click.option("--part-mb", type=click.IntRange(1), default=256, show_default=True, help="Text in one file, in megabytes.")
@click.option("--threads", type=click.IntRange(1, 64), default=2, show_default=True, help="Files worked at the same time.")
@json_option
def export(recipe: str, shape: str, out: Path, release: str | None, part_mb: int, threads: int, as_json: bool) -> None:
    """Write a release as one mixed set for training: each source as often as the recipe says, every document with its id,
    licence and attribution.

    The same release and recipe give the same bytes, whatever the threads. An export that was interrupted is taken up by the
    same command. Recipes are files in the registry, under mixtures/.
    """
    from pile_assets.export.mixed import export as write
    from pile_assets.store import FILES_LOCK

    store = existing_store()
    wanted = _wanted(store, recipe, shape, release, part_mb * MEGABYTE)
    with store.lock("pile export", exclusive=False, name=FILES_LOCK), terminal.progress() as progress:
        done = write(store, wanted, out, threads=threads, progress=progress)
    if as_json:
        return terminal.print_json({"out": str(out), "was_there": done.was_there, **done.manifest})
    return _show(out, done)


def _wanted(store: "Store", name: str, shape: str, release: str | None, part_bytes: int) -> "Wanted":
    from pile_assets.deployment import Deployment
    from pile_assets.export.mixed import Wanted, read_release
    from pile_assets.registry.recipes import read_recipe, weights

    deployment = Deployment.from_environment()
    recipe = read_recipe(deployment.registry, name)
    listed = read_release(store, release)
    sources = {source for shard in listed["shards"] for source in shard["histograms"]["source"]}
    records = deployment.open(rehearse=True).registry.records
    return Wanted(listed, recipe, weights(recipe, records, sources), shape, part_bytes)


def _show(out: Path, done: "Exported") -> None:
    found: Any = done.manifest
    rows = [
        (source, amount["weight"], amount["docs"], amount["rows"], Bytes(amount["bytes"]), amount["tokens"])
        for source, amount in found["sources"].items()
    ]
    title = f"{found['title']}: what release {found['set']['release']} comes to"
    table(title, ["source", "weight", "documents", "rows", "text", "tokens (estimate)"], rows)
    totals = found["totals"]
    click.echo(
        f"{'It is there already' if done.was_there else 'Written'}: {len(found['parts'])} files in {out}. "
        f"Rows: {totals['rows']:,}. Text: {Bytes(totals['bytes'])}, about {totals['tokens']:,} tokens ({found['tokens']})."
    )


COMMANDS = (export,)
