"""What a change costs the duplicates engine, at one million and five million documents.

    python -m benchmarks.dedup_scale [DOCUMENTS...]

Run by `make bench-dedup`. The signatures are synthetic, since the claim is about the engine and not about text: a document of
a family is its family's signature with a share of the places drawn anew, and a share of all documents is of a family. Each
size is measured in a process of its own, whose anonymous memory is watched from start to end; what is mapped from files can
be given back at any time and is left out, as is the time that making the signatures takes. After the changes everything is
decided from nothing, and the verdicts must be the same: otherwise the table is void.

*Change* is the number of documents that came or left (a changed one did both) and, for the takedown of a hub, of documents
whose verdict is another one after it: each of its duplicates needs a new canonical.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.dedup import measure
from pile_assets.dedup.engine import OFFERED, Engine, Member, Update
from pile_assets.dedup.signatures import PERMUTATIONS

SIZES = (1_000_000, 5_000_000)
MEMBER = 20_000
"""Documents in a member, a source partition."""

IN_FAMILIES, FAMILY = 0.17, 6
"""Share of documents that are of a family, and how many a family has on average: about what the reference corpus has."""

HUB = 0.005
"""Share of documents that are of one family, the hub's."""

DRAWN_ANEW = (0.0, 0.3)
"""Least and greatest share of places in which a document differs from its family."""

EVALUATED, SHARE, GIGABYTES, SHARE_HOLDS_AT = 1.2, 0.05, 1.5, 5_000_000
SEED = np.uint64(20261126)

U64 = npt.NDArray[np.uint64]


# -- documents ---------------------------------------------------------------------------------------------------------


def mixed(numbers: U64) -> U64:
    """SplitMix64's finalizer: a number to one that looks drawn, so that any document can be made alone."""
    mixed = (numbers + SEED) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ mixed >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ mixed >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return mixed ^ mixed >> np.uint64(31)


def share(numbers: U64) -> npt.NDArray[np.float64]:
    """Numbers drawn from 0 to 1."""
    return (mixed(numbers) >> np.uint64(11)).astype(np.float64) / 2.0**53


def places(owners: U64) -> U64:
    """[n, PERMUTATIONS]: what each owner has at each place, before it is cut to 32 bits."""
    place: U64 = np.arange(PERMUTATIONS, dtype=np.uint64)
    return mixed(np.add(mixed(owners)[:, None], place, dtype=np.uint64))


def documents(numbers: U64, whole: int) -> pl.DataFrame:
    """Documents by number as `OFFERED`, of a corpus of `whole`."""
    drawn, salt = share(numbers * np.uint64(4)), numbers * np.uint64(4)
    families = max(1, int(whole * IN_FAMILIES) // FAMILY)
    family = np.where(drawn < HUB, 0, 1 + mixed(salt + np.uint64(1)) % np.uint64(families)).astype(np.uint64)
    alone = drawn >= HUB + IN_FAMILIES
    own = places(numbers + np.uint64(1 << 40))
    anew = DRAWN_ANEW[0] + (DRAWN_ANEW[1] - DRAWN_ANEW[0]) * share(salt + np.uint64(2))
    takes_own = (share(own.ravel()).reshape(own.shape) < anew[:, None]) | alone[:, None]
    signature = np.where(takes_own, own, places(family)).astype(np.uint32)
    digests = mixed(np.stack([numbers, numbers + np.uint64(1 << 41)], axis=1))
    return pl.DataFrame(
        {
            "id": [f"synthetic/{number:012}" for number in numbers.tolist()],
            "quality": pl.Series((mixed(salt + np.uint64(3)) % np.uint64(8)).astype(np.int64)),
            "norm_hash": pl.Series([digest.tobytes() for digest in digests], dtype=pl.Binary),
            "shingles": pl.Series(np.full(numbers.size, 1_000), dtype=pl.Int64),
            "signature": pl.Series([row.tobytes() for row in signature], dtype=pl.Binary),
        },
        schema=OFFERED,
    )


class Corpus:
    """Members of consecutive numbers, and how long making their documents took."""

    def __init__(self, whole: int):
        self.whole = whole
        count = -(-whole // MEMBER)
        self.held = {f"part-{i:05}": self._numbers(i) for i in range(count)}
        self.members = {name: Member(name, "1", 1, i) for i, name in enumerate(self.held)}
        self.making = measure.Spent(0.0, 0.0)

    def _numbers(self, member: int) -> U64:
        return np.arange(member * MEMBER, min((member + 1) * MEMBER, self.whole), dtype=np.uint64)

    def load(self, name: str) -> pl.DataFrame:
        cpu, wall = time.process_time(), time.perf_counter()
        frame = documents(self.held[name], self.whole)
        self.making = measure.Spent(self.making.cpu + time.process_time() - cpu, self.making.wall + time.perf_counter() - wall)
        return frame

    def put(self, name: str, numbers: U64, seniority: int | None = None) -> None:
        """A member with these documents: a new one at `seniority`, or a new version of one that is there."""
        self.held[name] = numbers
        known = self.members.get(name)
        if known is None:
            known = Member(name, "1", 1, len(self.members) if seniority is None else seniority)
        self.members[name] = replace(known, version=known.version + "'")

    def drop(self, name: str) -> None:
        del self.held[name], self.members[name]


# -- measuring ---------------------------------------------------------------------------------------------------------


class Watch:
    """The most anonymous memory this process has held, in bytes, looked at every 20 ms."""

    def __init__(self) -> None:
        self.peak, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.peak = max(self.peak, anonymous())


def anonymous() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))
    return 1024 * int(line.split()[1])


@dataclass(frozen=True)
class Step:
    """One change: what it cost, and what it asked for."""

    name: str
    update: Update
    spent: measure.Spent
    change: int


class Measured:
    """An engine over a corpus, and the table of what its changes cost."""

    def __init__(self, corpus: Corpus, folder: Path):
        self.corpus, self.folder = corpus, folder
        self.scratch: Step | None = None
        _line("change", "docs", "evaluated", "of change", "target", "", "CPU s", "wall s", "of scratch", "target", "")

    def step(self, name: str, change: int | None = None, *, afresh: bool = False, timed: bool = False) -> Step:
        """Bring a new engine, as a new process would have it, up to the members, and print a line."""
        self.corpus.making = measure.Spent(0.0, 0.0)
        cpu, wall = time.process_time(), time.perf_counter()
        update = Engine(self.folder).bring_up_to(self.corpus.members, self.corpus.load, afresh=afresh)
        spent = measure.Spent(
            time.process_time() - cpu - self.corpus.making.cpu, time.perf_counter() - wall - self.corpus.making.wall
        )
        found = Step(name, update, spent, update.added + update.removed if change is None else change)
        self._print(found, timed)
        return found

    def _print(self, step: Step, timed: bool) -> None:
        figures = [f"{step.spent.cpu:.2f}", f"{step.spent.wall:.2f}"]
        if self.scratch is None:
            self.scratch = step
        if step.update.rebuilt or step is self.scratch:
            _line(step.name, f"{step.change:,}", f"{step.update.evaluated:,}", "", "", "", *figures, "", "", "")
            return
        ratio, part = step.update.evaluated / step.change, step.spent.wall / self.scratch.spent.wall
        held = [f"{SHARE:.0%}", measure.verdict(part <= SHARE)] if timed else ["", ""]
        evaluated = [f"{ratio:.3f}", f"{EVALUATED}", measure.verdict(ratio <= EVALUATED)]
        _line(step.name, f"{step.change:,}", f"{step.update.evaluated:,}", *evaluated, *figures, f"{part:.1%}", *held)


def _line(name: str, *cells: str) -> None:
    widths = (9, 11, 10, 7, 5, 9, 8, 11, 7, 5)
    print(f"{name:<37}" + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)), flush=True)


def digests(corpus: Corpus, folder: Path) -> dict[str, str]:
    """Member -> digest of its verdicts, as they are in the folder now."""
    engine = Engine(folder)
    engine.bring_up_to(corpus.members, corpus.load)
    return {name: engine.digest(name) for name in corpus.members}


def hub(corpus: Corpus, folder: Path) -> tuple[str, str, int]:
    """The document that most others are duplicates of: its member, its id, and how many they are."""
    engine = Engine(folder)
    engine.bring_up_to(corpus.members, corpus.load)
    counts: dict[tuple[str, str], int] = {}
    for name in corpus.members:
        placed = engine.placed(name).filter(pl.col("dup_of").is_not_null())
        for member, document, count in placed.group_by("dup_of_member", "dup_of").len().filter(pl.col("len") > 50).iter_rows():
            counts[member, document] = counts.get((member, document), 0) + count
    (member, document), count = max(counts.items(), key=lambda item: (item[1], item[0]))
    return member, document, count


def differing(before: Mapping[str, pl.DataFrame], engine: Engine) -> int:
    """Documents of these members whose verdict, canonical or agreement is another one now, or that are gone."""
    count = 0
    for name, old in before.items():
        new = engine.placed(name)
        count += old.height - old.join(new, on=old.columns, how="semi", nulls_equal=True).height
    return count


def take_down_hub(measured: Measured) -> None:
    corpus, folder = measured.corpus, measured.folder
    member, document, duplicates = hub(corpus, folder)
    engine = Engine(folder)
    engine.bring_up_to(corpus.members, corpus.load)
    before = {name: engine.placed(name) for name in corpus.members}
    number = np.uint64(document.rpartition("/")[2])
    corpus.put(member, corpus.held[member][corpus.held[member] != number])
    other = Path(tempfile.mkdtemp(dir=folder.parent))
    shutil.copytree(folder, other, dirs_exist_ok=True)
    engine = Engine(other)
    engine.bring_up_to(corpus.members, corpus.load)
    change = differing(before, engine)
    shutil.rmtree(other)
    measured.step(f"takedown of a hub of {duplicates:,}", change)


def measured(whole: int) -> None:
    """The table of one size."""
    corpus = Corpus(whole)
    count = len(corpus.members)
    print(f"{whole:,} documents in {count} members of {MEMBER:,}, {IN_FAMILIES:.0%} of them in families of {FAMILY} or so")
    with tempfile.TemporaryDirectory() as folder, Watch() as watch:
        warm(Path(folder) / "warm")
        found = Measured(corpus, Path(folder) / "engine")
        found.step("from scratch")
        fresh = np.arange(whole, whole + 2 * MEMBER, dtype=np.uint64)
        corpus.put("late", fresh[:MEMBER])
        found.step("+20,000, the newest source", timed=whole >= SHARE_HOLDS_AT)
        corpus.put("between", fresh[MEMBER:], seniority=count // 2)
        found.step("+20,000, ranked in the middle")
        corpus.drop(f"part-{count // 3:05}")
        found.step("-20,000, an old one")
        corpus.drop("late")
        found.step("-20,000, the newest")
        name = f"part-{2 * count // 3:05}"
        anew = corpus.held[name].copy()
        anew[: MEMBER // 50] += np.uint64(10 * whole)
        corpus.put(name, anew)
        found.step("re-published, 2 % of it changed")
        take_down_hub(found)
        before = digests(corpus, found.folder)
        found.step("from scratch again", afresh=True)
        same = digests(corpus, found.folder) == before
        kept = sum(path.stat().st_size for path in found.folder.iterdir())
    print(f"verdicts after the changes equal those from scratch: {'yes' if same else 'NO'}  {measure.verdict(same)}")
    told = f"anonymous memory, greatest of all: {watch.peak / 1e9:.2f} GB"
    if whole >= SHARE_HOLDS_AT:
        told += f" (target {GIGABYTES})  {measure.verdict(watch.peak <= GIGABYTES * 1e9)}"
    print(f"engine's files: {kept / whole:,.0f} bytes a document\n{told}\n", flush=True)


def warm(folder: Path) -> None:
    """Compile, or fetch compiled code from the disk, before anything is timed."""
    corpus = Corpus(100)
    Engine(folder).bring_up_to(corpus.members, corpus.load)
    corpus.put("more", np.arange(200, 220, dtype=np.uint64))
    Engine(folder).bring_up_to(corpus.members, corpus.load)


def main(sizes: list[str]) -> int:
    if len(sizes) == 1:
        measured(int(sizes[0]))
        measure.finish()
    print("What a change costs the engine; each line is a new engine on the files of the one before.")
    print("Left out: making signatures. Included: reading, deciding, checksums, committing.\n", flush=True)
    asked = sizes or [str(size) for size in SIZES]
    codes = [
        subprocess.run([sys.executable, "-m", "benchmarks.dedup_scale", size], env=os.environ).returncode for size in asked
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
