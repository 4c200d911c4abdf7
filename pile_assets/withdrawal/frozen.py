"""Takedowns on sources that do not run: what they had yielded stays in the corpus, and so must what they name leave it.

What belongs here: the `eligible` of such a partition with named documents dropped, and as it was when that is undone. What may
not: partitions of running sources, whose chain decides again (`pile_assets.chain`).

Their chain cannot be walked: the record is broken, or waits for review. So the committed verdicts are taken as they are and the
named documents dropped from them; the file of the original verdicts stays pinned, so that nothing is lost by it.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.filters.policy_model import TAKEDOWN
from pile_assets.stages import suppressed
from pile_assets.steps import SUPPRESSIONS, Lookup
from pile_assets.store import Address, Counts, FileRef, Manifest, digest, rows_digest
from pile_assets.view import View
from pile_assets.withdrawal.partition import Committed

ORIGINAL = "original"
"""The fact of an `eligible` made here: the key, versions and counts that it had before."""


def behind(lookup: Lookup, source: str, partition: str) -> bool:
    """Whether the `eligible` of a partition does not follow its suppressions, and can be made to."""
    eligible = lookup(Address.of_source(source, "eligible", partition))
    if eligible is None or eligible.inputs.get(SUPPRESSIONS) == _version(lookup, source, partition):
        return False
    return SUPPRESSIONS not in eligible.inputs or ORIGINAL in eligible.facts


def _version(lookup: Lookup, source: str, partition: str) -> str | None:
    listed = lookup(Address.of_source(source, SUPPRESSIONS, partition))
    return listed.versions["documents"] if listed is not None and listed.counts.given else None


def follow(view: View, sources: Collection[str]) -> Iterator[Committed]:
    """Bring the `eligible` of these sources' partitions to their suppressions."""
    for source in sorted(sources):
        for partition in view.partitions(f"sources/{source}", "eligible"):
            if not behind(view.get, source, partition):
                continue
            before = view.need(Address.of_source(source, "eligible", partition))
            original = _original(before)
            wanted = _version(view.get, source, partition)
            after = original if wanted is None else _without(view, original, suppressed(view, source, partition), wanted)
            view.commit(after)
            yield after, before


def _original(eligible: Manifest) -> Manifest:
    """The verdicts as the chain made them."""
    if ORIGINAL not in eligible.facts:
        return eligible
    kept: dict[str, Any] = eligible.facts[ORIGINAL]
    pins = {stage: files for stage, files in eligible.facts["pins"].items() if stage != "eligible"}
    counts = Counts(kept["counts"]["in"], kept["counts"]["out"], kept["counts"]["dropped"])
    files = tuple(FileRef(**file) for file in eligible.facts["pins"]["eligible"])
    facts = {name: value for name, value in eligible.facts.items() if name != ORIGINAL} | {"pins": pins}
    inputs = {stage: version for stage, version in eligible.inputs.items() if stage != SUPPRESSIONS}
    return replace(
        eligible, key=kept["key"], inputs=inputs, data_version=kept["data_version"], counts=counts, files=files, facts=facts
    )


def _without(view: View, original: Manifest, out: Collection[str], version: str) -> Manifest:
    rows = view.store.frame(original, schemas.ELIGIBLE)
    named = pl.col("id").is_in(pl.Series(list(out), dtype=pl.String).implode())
    rows = rows.with_columns(
        (pl.col("kept") & ~named).alias("kept"),
        pl.when(named).then(pl.lit(TAKEDOWN)).otherwise("reason").alias("reason"),
        pl.when(named).then(pl.lit("suppressed by the takedown ledger")).otherwise("rule").alias("rule"),
    )
    counts = original.counts
    kept = {
        "key": original.key,
        "data_version": original.data_version,
        "counts": {"in": counts.taken, "out": counts.given, "dropped": dict(counts.dropped)},
    }
    pins = {**original.facts["pins"], "eligible": [vars(file) for file in original.files]}
    dropped = Counter(rows.filter(~pl.col("kept"))["reason"].to_list())
    return replace(
        original,
        key=digest([original.key, SUPPRESSIONS, version]),
        inputs={**original.inputs, SUPPRESSIONS: version},
        data_version=rows_digest(rows.iter_rows()),
        counts=Counts(rows.height, int(rows["kept"].sum()), dict(dropped)),
        files=(view.store.write_part(original.address, rows),),
        facts={**original.facts, "pins": pins, ORIGINAL: kept},
    )
