"""How things are timed and lines printed: interleaved rounds, CPU time, the median of the rounds' ratios.

A line that has a target ends in `pass` or `FAIL`; `__main__` counts those words. What belongs here: form only.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = int(os.environ.get("PILE_BENCH_ROUNDS", "3"))


@dataclass(frozen=True)
class Spent:
    """Seconds of one call."""

    cpu: float
    wall: float


def one_core() -> None:
    """Keep this process on one core, with one thread in every library that has its own; before any is imported."""
    for name in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])


def interleaved(contenders: Mapping[str, Callable[[], object]], rounds: int = ROUNDS) -> dict[str, list[Spent]]:
    """Each contender once a round, in turn; after one call of each that is not counted."""
    for call in contenders.values():
        call()
    spent: dict[str, list[Spent]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            cpu, wall = time.process_time(), time.perf_counter()
            call()
            spent[name].append(Spent(time.process_time() - cpu, time.perf_counter() - wall))
    return spent


def cpu(spent: list[Spent]) -> float:
    return statistics.median(each.cpu for each in spent)


def ratio(theirs: list[Spent], ours: list[Spent], of: Callable[[Spent], float] = lambda each: each.cpu) -> float:
    """The median over the rounds of what they spent by what we spent."""
    return statistics.median(of(their) / of(our) for their, our in zip(theirs, ours, strict=True))


def verdict(met: bool) -> str:
    _missed.append(not met)
    return "pass" if met else "FAIL"


_missed: list[bool] = []


def finish() -> None:
    """Exit 1 if any line of this process missed its target."""
    sys.exit(1 if any(_missed) else 0)
