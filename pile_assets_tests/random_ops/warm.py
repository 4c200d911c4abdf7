"""What a player that is to die needs and a fork can share: imported once by the process that players are forked from.

What belongs here: imports, and the check that none of them began what no fork survives. What may not: playing.

A player from nothing spends 3 seconds of CPU time before its first write, nearly all of it on imports and on Numba's tables;
forked from here it spends 0.7. Polars and DuckDB may be imported before a fork but not used: their pools of threads would be
missing in it, and it would wait for them for ever. Hence only what computes nothing with them is imported.
"""

from pathlib import Path

import duckdb  # noqa: F401
import numba
import polars  # noqa: F401

from pile_assets import locks, store  # noqa: F401
from pile_assets.dedup import text_kernel  # noqa: F401
from pile_assets.licensing import normalise  # noqa: F401
from pile_assets.registry import load  # noqa: F401


@numba.njit(nogil=True)
def nothing() -> int:
    return 0


nothing()  # has Numba fill its tables of types


def pools() -> list[str]:
    """Threads of this process that belong to a pool of Polars, where the system can tell."""
    names = (task.joinpath("comm").read_text().strip() for task in Path("/proc/self/task").glob("*"))
    return [name for name in names if name.startswith("polars-") and name.removeprefix("polars-").isdigit()]


if pools():
    raise RuntimeError("an import has used Polars: forks of this process would wait for ever; leave that import out")
