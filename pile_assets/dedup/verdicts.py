"""What a state says of a member: its verdicts as a frame, and their digest.

What belongs here: reading verdicts out of a table. What may not: deciding them.
"""

import json
from collections.abc import Iterable

import numpy as np
import polars as pl
import xxhash

from pile_assets.dedup.resolve import VERDICTS
from pile_assets.dedup.table import LIVE, U32, Table

PLACED = VERDICTS | {"dup_of_member": pl.String}
"""Verdicts with the name of the member that holds `dup_of`."""

CHANGES = {
    "member": pl.String,
    "id": pl.String,
    "before": pl.String,  # verdict
    "after": pl.String,
    "dup_of_before": pl.String,
    "dup_of_after": pl.String,
}
"""Documents whose verdict or canonical differs between two states."""


def placed(table: Table, entry: int) -> pl.DataFrame:
    """The verdicts on the live documents of a member, sorted by id; raises Damaged."""
    numbers = _live(table, entry)
    canonical, agreement = table.canonical[numbers], table.agreement[numbers]
    duplicate, near = canonical != numbers, agreement > 0
    named = pl.Series(duplicate)
    members = [table.entries[owner].name for owner in table.owners.array[canonical]]
    return (
        pl.DataFrame(
            {
                "id": table.names(numbers),
                "verdict": pl.Series(np.select([near, duplicate], ["near_dup", "exact_dup"], "kept").tolist(), dtype=pl.String),
                "dup_of": table.names(canonical),
                "agreement": pl.Series(agreement, dtype=pl.Int64),
                "dup_of_member": pl.Series(members, dtype=pl.String),
            }
        )
        .select(
            "id",
            "verdict",
            pl.when(named).then("dup_of").alias("dup_of"),
            pl.when(pl.Series(near)).then("agreement").alias("agreement"),
            pl.when(named).then("dup_of_member").alias("dup_of_member"),
        )
        .sort("id")
    )


def digest(table: Table, entry: int) -> str:
    """32 hex digits that differ where `placed` differs. A function of that content only, not of any number; raises Damaged."""
    numbers = _live(table, entry)
    hashes = table.hashes.array[numbers]
    order = np.argsort(hashes, kind="stable")
    if (np.diff(hashes[order]) == 0).any():
        order = table.names(numbers).arg_sort().to_numpy()
    numbers = numbers[order]
    canonical = table.canonical[numbers]
    duplicates = numbers != canonical
    owners, which = np.unique(table.owners.array[canonical[duplicates]], return_inverse=True)
    names = [table.entries[owner].name for owner in owners]
    order_of_names = np.argsort(np.argsort(np.array(names))) if names else np.empty(0, np.int64)
    place_of_owner = order_of_names[which] if names else which
    whole = xxhash.xxh3_128()
    for part in (*table.texts(numbers), duplicates, table.agreement[numbers], *table.texts(canonical[duplicates])):
        whole.update(np.ascontiguousarray(part).data)
    whole.update(np.ascontiguousarray(place_of_owner, np.int64).data)
    whole.update(json.dumps(sorted(names)).encode())
    return whole.hexdigest()


def _live(table: Table, entry: int) -> U32:
    """The candidates of a member."""
    numbers = table.numbers(entry)
    found: U32 = numbers[table.standing[numbers] == LIVE]
    return found


def cluster_sizes(table: Table) -> dict[int, int]:
    """How many kept documents stand for so many documents, themselves included; those that stand for none are left out."""
    canonical = table.canonical[table.standing == LIVE]
    sizes, counts = np.unique(np.unique(canonical, return_counts=True)[1], return_counts=True)
    return {int(size): int(count) for size, count in zip(sizes, counts, strict=True) if size > 1}


def changes_between(before: Table, after: Table, members: Iterable[str]) -> pl.DataFrame:
    """What differs in these members' documents, as far as both states have them; raises Damaged."""
    frames = [pl.DataFrame(schema=CHANGES)]
    for name in sorted(set(members) & before.present.keys() & after.present.keys()):
        old, new = placed(before, before.present[name]), placed(after, after.present[name])
        pairs = old.join(new, on="id", suffix="_after", maintain_order="left").filter(
            (pl.col("verdict") != pl.col("verdict_after")) | pl.col("dup_of").ne_missing(pl.col("dup_of_after"))
        )
        frames.append(
            pairs.select(
                pl.lit(name).alias("member"),
                "id",
                pl.col("verdict").alias("before"),
                pl.col("verdict_after").alias("after"),
                pl.col("dup_of").alias("dup_of_before"),
                "dup_of_after",
            )
        )
    return pl.concat(frames)
