"""Writing a physically mixed set: the documents of one release, drawn by a recipe, in one well-mixed order.

What belongs here: the work in two passes, taking it up where it was interrupted, the set's own manifest. What may not: what a
weight means (`shards.mixture`), formats (`shapes`), building anything.

    OUT/part-00000.<format> ...     the rows in order, cut into parts of about the same size
    OUT/manifest.json               written last: the release, the recipe, and every part with its digest
    OUT/unfinished/                 until then: what is being written, and what is finished so far

First, runs of part files are drawn from and sorted; then every part is gathered from the runs, each of which is read only where
the part's range lies. Memory holds one run or one part per thread. All depends on the release, the recipe and the part size
alone: threads, interruptions and the machine change no byte. The release's part files are read where they lie in the store, so
builds may go on; only garbage collection waits.
"""

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.build import in_threads
from pile_assets.errors import PileError
from pile_assets.export.shapes import SHAPES
from pile_assets.registry.recipes import Recipe
from pile_assets.shards import mixture
from pile_assets.store import Address, Store, canonical, digest, file_sha256, publish, write_atomically, write_parquet

FORMAT = 1
"""Version of what an export looks like; part of its identity."""
PART_BYTES = 256 * 1024 * 1024
"""Bytes of text in a part, on average."""
RUN_BYTES = 256 * 1024 * 1024
"""Bytes of text that a run reaches before the next begins, counted once mixed."""
ROW_GROUP = 256
"""Rows of a run that are read together: a part reads at most so many more than its own from the ends of its range."""

UNFINISHED = "unfinished"
MANIFEST = "manifest.json"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be written. `weights` are those the recipe gives the release's sources."""

    release: Mapping[str, Any]
    recipe: Recipe
    weights: Mapping[str, float]
    shape: str
    part_bytes: int = PART_BYTES

    def identity(self) -> dict[str, Any]:
        """All that decides the bytes: two exports that agree in it are the same set."""
        return {
            "format": FORMAT,
            "release": self.release["id"],
            "recipe": self.recipe.id,
            "weights": dict(self.weights),
            "shape": self.shape,
            "part_bytes": self.part_bytes,
            "files": digest([shard["files"] for shard in self.release["shards"]]),
            "mixing": mixture.PARAMETERS,
        }


@dataclass(frozen=True)
class Exported:
    """A finished set: its manifest, and whether it had been there before."""

    manifest: Mapping[str, Any]
    was_there: bool


def read_release(store: Store, release: str | None) -> dict[str, Any]:
    """The manifest of a release, by default of the latest. Raises PileError where there is none that can be read."""
    path = store.releases / f"{release or 'latest'}.json"
    try:
        listed: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        remedy = (
            f"Known are {', '.join(sorted(p.stem for p in store.releases.glob('*.json')))}." if release else "Run `pile build`."
        )
        raise PileError(f"There is no release {release or ''}".rstrip() + ".", remedy=remedy) from error
    except ValueError as error:
        raise PileError(f"The manifest {path.name} is damaged ({error}).", remedy="Run `pile verify`.") from error
    return listed


def export(
    store: Store, wanted: Wanted, out: Path, *, threads: int = 2, progress: Progress = lambda what, done, total: None
) -> Exported:
    """Write the set to `out`, taking up what an interrupted export of the same set left there.

    Raises PileError where `out` holds anything else, and StoreDamage where a file of the release is gone.
    """
    identity = wanted.identity()
    if (finished := _begin(out, identity)) is not None:
        return Exported(finished, was_there=True)
    runs = _runs(store, wanted)
    _each(runs, lambda run: _write_run(store, wanted, out, *run), threads, progress, "drawing from shards")
    amounts = mixture.add([_amounts(out, number) for number, _ in runs])
    size = sum(amount.bytes for amount in amounts.values())
    ranges = list(enumerate(mixture.ranges(max(1, -(-size // wanted.part_bytes)))))
    names = [_run_path(out, number) for number, _ in runs]
    _each(ranges, lambda part: _write_part(wanted, out, names, *part), threads, progress, "writing parts")
    manifest = _manifest(wanted, out, identity, amounts, len(ranges))
    write_atomically(out / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
    shutil.rmtree(out / UNFINISHED, ignore_errors=True)
    return Exported(manifest, was_there=False)


def _each(items: Sequence[Any], work: Callable[[Any], None], threads: int, progress: Progress, what: str) -> None:
    finished = 0

    def run(item: Any) -> None:
        nonlocal finished
        work(item)
        finished += 1
        progress(what, finished, len(items))

    progress(what, 0, len(items))
    in_threads(run, items, threads)


# -- beginning ---------------------------------------------------------------------------------------------------------


def _begin(out: Path, identity: Mapping[str, Any]) -> dict[str, Any] | None:
    """Make `out` ready; the manifest of the set if it is there whole already. Raises PileError where it holds anything else."""
    note = out / UNFINISHED / "set.json"
    if (out / MANIFEST).exists():
        manifest = _read(out / MANIFEST)
        if manifest.get("set") != identity:
            raise _refused(out, "another set")
        shutil.rmtree(out / UNFINISHED, ignore_errors=True)
        for part in manifest["parts"]:
            path = out / part["name"]
            if not path.exists() or file_sha256(path) != part["sha256"]:
                raise PileError(
                    f"{path} is not what the manifest beside it says.",
                    remedy=f"Remove {out / MANIFEST}, and export to another folder, or remove {out}.",
                )
        return manifest
    if note.exists():
        if _read(note) != identity:
            raise _refused(out, "an unfinished export of another set")
    elif out.exists() and any(entry.name != UNFINISHED for entry in out.iterdir()):
        raise _refused(out, "files of something else")
    note.parent.mkdir(parents=True, exist_ok=True)
    for left in out.rglob(".*.tmp"):
        left.unlink()
    write_atomically(note, canonical(identity))
    return None


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return found


def _refused(out: Path, what: str) -> PileError:
    return PileError(
        f"{out} holds {what}; nothing was overwritten.", remedy="Choose an empty or new folder, or remove this one."
    )


# -- first pass: runs --------------------------------------------------------------------------------------------------

Run = tuple[int, list[Path]]
"""Number, and the part files it draws from."""


def _runs(store: Store, wanted: Wanted) -> list[Run]:
    """The part files of all shards that have anything to give, in order, cut into runs."""
    runs: list[Run] = []
    size = float(RUN_BYTES)
    for shard in wanted.release["shards"]:
        by_source = shard["histograms"]["source"]
        mixed = sum(figures["bytes"] * wanted.weights[source] for source, figures in by_source.items())
        folder = store.folder(Address.of_domain(shard["domain"], "shards", shard["shard"]))
        for file in shard["files"] if mixed else ():
            if size >= RUN_BYTES:
                runs.append((len(runs), []))
                size = 0
            runs[-1][1].append(folder / file["name"])
            size += mixed * file["rows"] / shard["rows"]
    return runs


def _run_path(out: Path, number: int) -> Path:
    return out / UNFINISHED / f"run-{number:05}.parquet"


def _write_run(store: Store, wanted: Wanted, out: Path, number: int, files: list[Path]) -> None:
    """One run: its rows drawn, copied and sorted; and beside it what they amount to, which says that it is finished."""
    amounts = out / UNFINISHED / f"run-{number:05}.json"
    if amounts.exists():
        return
    drawn = []
    found = []
    for path in files:
        rows = store.read_part(path)
        found.append(mixture.effective(rows, wanted.weights))
        drawn.append(mixture.mix(rows, wanted.weights))
    path = _run_path(out, number)
    _write(path, lambda temporary: write_parquet(mixture.in_order(pl.concat(drawn)), temporary, rows_together=ROW_GROUP))
    totals = mixture.add(found)
    write_atomically(amounts, canonical({source: amount.stored for source, amount in totals.items()}))


def _amounts(out: Path, number: int) -> dict[str, mixture.Effective]:
    stored = json.loads((out / UNFINISHED / f"run-{number:05}.json").read_bytes())
    return {source: mixture.Effective(*figures) for source, figures in stored.items()}


def _write(path: Path, fill: Callable[[Path], None]) -> None:
    """A file that is there whole or not at all."""
    temporary = path.parent / f".{os.getpid()}-{os.urandom(8).hex()}.tmp"
    try:
        fill(temporary)
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


# -- second pass: parts ------------------------------------------------------------------------------------------------


def _part_name(wanted: Wanted, number: int) -> str:
    return f"part-{number:05}.{wanted.shape}"


def _write_part(wanted: Wanted, out: Path, runs: Sequence[Path], number: int, span: tuple[int, int]) -> None:
    """One part from the rows of all runs that lie in its range; and beside the runs what it is, once it is there."""
    note = out / UNFINISHED / f"part-{number:05}.json"
    path = out / _part_name(wanted, number)
    if note.exists() and path.exists():
        return
    first, beyond = span
    order = pl.col(mixture.ORDER)
    inside = (order >= pl.lit(first, pl.UInt64)) & (order <= pl.lit(beyond - 1, pl.UInt64))
    gathered = [pl.scan_parquet(run, glob=False).filter(inside).collect() for run in runs]
    empty = pl.DataFrame(schema={**schemas.SHARD_ROWS, mixture.COPY: pl.Int64, mixture.ORDER: pl.UInt64})
    rows = mixture.in_order(pl.concat([empty, *gathered]))
    _write(path, lambda temporary: SHAPES[wanted.shape](rows, temporary))
    facts = {"name": path.name, "sha256": file_sha256(path), "bytes": path.stat().st_size, "rows": rows.height}
    write_atomically(note, canonical(facts))


# -- the manifest --------------------------------------------------------------------------------------------------------


def _manifest(
    wanted: Wanted, out: Path, identity: Mapping[str, Any], amounts: Mapping[str, mixture.Effective], parts: int
) -> dict[str, Any]:
    listed = [json.loads((out / UNFINISHED / f"part-{number:05}.json").read_bytes()) for number in range(parts)]
    told = mixture.told(amounts)
    rows, written = told["totals"]["rows"], sum(part["rows"] for part in listed)
    if rows != written:
        raise AssertionError(f"{rows} rows were drawn and {written} written")
    return {"set": dict(identity), "title": wanted.recipe.title, "parts": listed, **told}
