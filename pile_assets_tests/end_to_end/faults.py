"""Faults a test plans in the folder of a `local_folder` source, and the code that meets them in the code server.

    <partition>.failing   the next fetch of the partition fails after the seconds written here; it takes the file away
    <partition>.holding   a fetch that has read the partition waits until this file is gone, and says so in <partition>.held

What belongs here: faults the product cannot be asked for, met through its own interfaces, so that the steps and their keys
stay as they are. What may not: a fault that a test can bring about from outside.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from pile_assets.errors import PileError
from pile_assets.filters import FILTERS
from pile_assets.sources.model import RawFile, SourceContext, Upstream

Fetch = Callable[[SourceContext, str, Upstream], Iterator[RawFile]]

HOLD_SECONDS = 300
"""After so long a held fetch fails, so that no process outlives a test that was killed."""


def fail_once(folder: Path, partition: str, *, after_seconds: float) -> None:
    """Plan a failure of the next fetch of a partition."""
    (folder / f"{partition}.failing").write_text(str(after_seconds))


def hold(folder: Path, partition: str) -> None:
    """Have the next fetch of a partition wait, after it has read the file, for `let_go`."""
    (folder / f"{partition}.holding").touch()


def let_go(folder: Path, partition: str) -> None:
    (folder / f"{partition}.holding").unlink()


def is_held(folder: Path, partition: str) -> bool:
    return (folder / f"{partition}.held").exists()


def meeting_faults(fetch: Fetch) -> Fetch:
    """The fetch of `local_folder`, with what is planned in the folder."""

    def fetch_or_fail(context: SourceContext, partition: str, upstream: Upstream) -> Iterator[RawFile]:
        place = Path(str(context.options["path"])) / partition
        failing, holding, held = (place.with_suffix(suffix) for suffix in (".failing", ".holding", ".held"))
        if failing.exists():
            seconds = float(failing.read_text())
            failing.unlink()
            time.sleep(seconds)
            raise PileError("The disk did not answer.", remedy="Nothing to mend: the next attempt reads it.")
        found = list(fetch(context, partition, upstream))
        if holding.exists():
            held.touch()
            _await_absence(holding)
            held.unlink()
        yield from found

    return fetch_or_fail


def _await_absence(path: Path) -> None:
    deadline = time.monotonic() + HOLD_SECONDS
    while path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name} was not taken away in {HOLD_SECONDS} seconds")
        time.sleep(0.05)


def raise_version(filter_name: str) -> None:
    """Give a filter the next version in this process, as a release with rewritten code and the same output would have."""
    old = FILTERS[filter_name]
    FILTERS[filter_name] = replace(old, version=f"{old.version}.rewritten")
