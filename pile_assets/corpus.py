"""The corpus-wide step `dedup`: who is in the corpus, in which rank, and which partitions' verdicts changed.

What belongs here: the key of `dedup` (pure, read by the planner) and its body, which reads only what each partition's
`eligible` pins. What may not: the algorithm (`dedup.resolve`), deciding whether it is due (`planner`), Dagster.

`unique` is a change barrier: a partition gets a new version only where its verdicts changed, so what depends on it is
exactly what must be done again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets import schemas
from pile_assets.chain import Outcome
from pile_assets.dedup import resolve
from pile_assets.dedup.engine import Engine, IdTwice, Update
from pile_assets.dedup.engine import Member as EngineMember
from pile_assets.errors import PileError
from pile_assets.pins import PINNED, Pins
from pile_assets.state import Sources, State, assign_seniority
from pile_assets.steps import Lookup
from pile_assets.store import Address, Counts, Manifest, digest, rows_digest
from pile_assets.view import View

DEDUP = Address("corpus", "dedup")
DEDUP_VERSION = "3"

Partitions = Callable[[str, str], list[str]]
Report = Callable[[Outcome], None]


@dataclass(frozen=True)
class Member:
    """One source partition as the corpus sees it: its rank facts and its committed `eligible`."""

    source: str
    partition: str
    tier: int
    source_seniority: int
    eligible: Manifest

    @property
    def name(self) -> str:
        return f"{self.source}/{self.partition}"


def members(sources: Sources, lookup: Lookup, partitions: Partitions) -> list[Member]:
    """Every partition of a present source whose chain has been done once, in (source, partition) order."""
    found = []
    for source, record in sources.present.items():
        for partition in partitions(f"sources/{source}", "eligible"):
            manifest = lookup(Address.of_source(source, "eligible", partition))
            if manifest is not None:
                found.append(Member(source, partition, record.tier, record.seniority, manifest))
    return found


# -- dedup ---------------------------------------------------------------------------------------------------------


def dedup_key(found: Iterable[Member], seniority: Mapping[str, int]) -> str:
    """The key of `dedup`: what is eligible, its signatures, and the rank of each partition."""
    found = list(found)
    numbers = numbered(found, seniority)
    return digest(
        [
            DEDUP_VERSION,
            resolve.PARAMETERS,
            [[m.name, m.eligible.data_version, m.eligible.inputs.get("signatures"), m.tier, numbers[m.name]] for m in found],
        ]
    )


def numbered(found: Iterable[Member], seniority: Mapping[str, int]) -> dict[str, int]:
    """Seniority numbers of all members, given now to those that have none."""
    return assign_seniority(seniority, [(m.source_seniority, m.source, m.partition) for m in found])


def run_dedup(view: View, state: State, sources: Sources, report: Report, *, afresh: bool = False) -> None:
    """Bring the verdicts up to the corpus as it is; read and commit only partitions whose `eligible` or verdicts changed.

    A rehearsal brings the engine up as well, whose memory is a cache: the build after it finds the work done. With
    `afresh` everything is decided from nothing.
    """
    started = time.monotonic()
    found = members(sources, view.get, view.partitions)
    numbers = numbered(found, state.seniority())
    state.save_seniority(numbers)
    engine = Engine(view.store.duplicates)
    update = _follow(engine, view, found, numbers, afresh=afresh)
    for outcome in (*_commit_verdicts(view, found, engine), *_empty_absent(view, found)):
        report(outcome)
    report(_commit_dedup(view, found, numbers, engine, update, time.monotonic() - started))


def _follow(engine: Engine, view: View, found: list[Member], numbers: Mapping[str, int], *, afresh: bool) -> Update:
    """Tell the engine who is in the corpus. Raises PileError where two documents have one id."""
    by_name = {member.name: member for member in found}
    with _ids_once(by_name):
        return engine.bring_up_to(ranked(found, numbers), lambda name: offered(view, by_name[name]), afresh=afresh)


def preview(view: View, found: Iterable[Member], then: Iterable[Member], numbers: Mapping[str, int]) -> pl.DataFrame:
    """What would change of the verdicts, as `dedup.engine.CHANGES`, if the members ranked as in `then`; none of it is kept.

    Both are the same partitions with the same `eligible`. Only the engine's cache is written, which comes to `found`. Raises
    PileError where two documents have one id.
    """
    by_name = {member.name: member for member in found}
    now, afterwards = ranked(by_name.values(), numbers), ranked(then, numbers)
    with _ids_once(by_name):
        return Engine(view.store.duplicates).preview(now, afterwards, lambda name: offered(view, by_name[name]))


@contextmanager
def _ids_once(by_name: Mapping[str, Member]) -> Iterator[None]:
    """Say where and what to do when the engine meets an id twice."""
    try:
        yield
    except IdTwice as error:
        place = by_name[error.members[0]]
        raise PileError(
            f"The document id {error.document} occurs more than once ({', '.join(error.members)}).",
            remedy="Mend documents() of the connector: native ids must be unique in the source.",
            source=place.source,
            partition=place.partition,
            document=error.document,
        ) from error


def ranked(found: Iterable[Member], numbers: Mapping[str, int]) -> dict[str, EngineMember]:
    """The members as the engine knows them. Their version is all that decides their candidates."""
    return {
        m.name: EngineMember(
            m.name, digest([m.eligible.data_version, m.eligible.inputs.get("signatures")]), m.tier, numbers[m.name]
        )
        for m in found
    }


def offered(view: View, member: Member) -> pl.DataFrame:
    """All documents of a member as the engine takes them; those the policy drops only claim their id."""
    manifest = member.eligible
    eligible = view.store.frame(manifest, schemas.ELIGIBLE, ["id", "kept", "quality"])
    paths = pinned_paths(view, manifest.facts["pins"], member.source, member.partition, "signatures")
    signed = pl.concat([pl.DataFrame(schema=schemas.SIGNATURES), *map(view.store.read_part, paths)])
    return eligible.select(
        "id",
        pl.col("quality").fill_null(0),  # of the dropped
        signed["norm_hash"],
        signed["shingles"],
        signed["signature"],
        live="kept",
    )


def pinned_paths(view: View, pins: Pins, source: str, partition: str, stage: str) -> list[Path]:
    """The files of an earlier stage exactly as they were when `eligible` was decided."""
    folder = view.store.folder(Address.of_source(source, stage, partition))
    return [folder / pin["name"] for pin in pins[stage]]


def _commit_verdicts(view: View, found: list[Member], engine: Engine) -> Iterator[Outcome]:
    for member in found:
        address = Address.of_source(member.source, "unique", member.partition)
        eligible = member.eligible
        parts = [DEDUP_VERSION, engine.digest(member.name), eligible.data_version]
        key = digest([address.owner, address.partition, *parts])
        before = view.get(address)
        if before is not None and before.key == key and before.facts["pins"] == eligible.facts["pins"]:
            yield Outcome(address, "unchanged", before, before)
        else:
            yield _commit_unique(view, address, key, eligible, _unique(view, member, engine))


def _unique(view: View, member: Member, engine: Engine) -> pl.DataFrame:
    """The verdict on every document of a member, `schemas.UNIQUE` sorted by id: an order of the documents that is none of
    the verdicts' business must not show in them."""
    columns = ["id", "kept", "reason", "family", "row_hash", "bytes"]
    place = pl.col("dup_of_member").str.split_exact("/", 1)
    return (
        view.store.frame(member.eligible, schemas.ELIGIBLE, columns)
        .join(engine.placed(member.name), on="id", how="left", maintain_order="left")
        .with_columns(
            pl.when("kept").then("verdict").otherwise(pl.lit("dropped")).alias("verdict"),
            place.struct.field("field_0").alias("dup_of_source"),
            place.struct.field("field_1").alias("dup_of_partition"),
        )
        .select(list(schemas.UNIQUE))
        .sort("id")
    )


def _commit_unique(view: View, address: Address, key: str, eligible: Manifest, unique: pl.DataFrame) -> Outcome:
    kept = unique.filter(pl.col("verdict") == "kept")
    live: dict[str, dict[str, Any]] = {}
    for (family,), rows in sorted(kept.partition_by("family", as_dict=True).items()):
        live[str(family)] = {
            "docs": rows.height,
            "bytes": int(rows["bytes"].sum()),
            "version": rows_digest(rows.select("id", "row_hash").iter_rows()),
        }
    dropped = Counter(
        reason if verdict == "dropped" else verdict
        for verdict, reason in unique.filter(pl.col("verdict") != "kept").select("verdict", "reason").iter_rows()
    )
    duplicates = Counter(unique["dup_of_source"].drop_nulls().to_list())
    version = rows_digest(unique.iter_rows())
    manifest = Manifest(
        address,
        key,
        DEDUP_VERSION,
        {"eligible": eligible.data_version},
        version,
        {family: str(facts["version"]) for family, facts in live.items()},
        Counts(unique.height, kept.height, dict(dropped)),
        (view.store.write_part(address, unique),) if unique.height else (),
        {"live": live, "duplicates_of": dict(duplicates), "pins": dict(eligible.facts["pins"])},
    )
    return _barrier(view, manifest)


def _empty_absent(view: View, found: list[Member]) -> Iterator[Outcome]:
    """Partitions of sources that left the registry, or are no longer admitted, hold no unique document."""
    present = {member.name for member in found}
    for source in view.store.sources():
        for partition in view.partitions(f"sources/{source}", "unique"):
            before = view.need(Address.of_source(source, "unique", partition))
            if f"{source}/{partition}" in present or not before.files:
                continue
            version = rows_digest([])
            key = digest([before.address.owner, partition, DEDUP_VERSION, "absent"])
            facts: dict[str, Any] = {
                "live": {},
                "duplicates_of": {},
                "pins": {stage: [] for stage in PINNED},
            }
            counts = Counts(before.counts.taken, 0, {"source-absent": before.counts.taken})
            yield _barrier(view, Manifest(before.address, key, DEDUP_VERSION, {}, version, {}, counts, (), facts))


def _barrier(view: View, manifest: Manifest) -> Outcome:
    """Commit where anything differs; the outcome counts as materialized only where the content does."""
    before = view.get(manifest.address)
    if before is not None and before.to_bytes() == manifest.to_bytes():
        return Outcome(manifest.address, "unchanged", before, before)
    view.commit(manifest)
    if before is not None and before.data_version == manifest.data_version:
        return Outcome(manifest.address, "unchanged", manifest, manifest)
    return Outcome(manifest.address, "worked", manifest, before)


def _commit_dedup(
    view: View, found: list[Member], numbers: Mapping[str, int], engine: Engine, update: Update, seconds: float
) -> Outcome:
    before = view.get(DEDUP)
    uniques = [view.need(Address.of_source(m.source, "unique", m.partition)) for m in found]
    dropped: Counter[str] = Counter()
    matrix: dict[str, dict[str, int]] = {}
    for member, unique in zip(found, uniques, strict=True):
        dropped.update(unique.counts.dropped)
        for other, count in unique.facts["duplicates_of"].items():
            row = matrix.setdefault(member.source, {})
            row[other] = row.get(other, 0) + count
    manifest = Manifest(
        DEDUP,
        dedup_key(found, numbers),
        DEDUP_VERSION,
        {},
        digest([[m.name, u.data_version] for m, u in zip(found, uniques, strict=True)]),
        {},
        Counts(sum(u.counts.taken for u in uniques), sum(u.counts.given for u in uniques), dict(dropped)),
        (),
        {"partitions": len(found), "duplicates": matrix, "clusters": _clusters(engine)},
    )
    view.commit(manifest)
    return Outcome(DEDUP, "worked", manifest, before, seconds, update)


def _clusters(engine: Engine) -> dict[str, int]:
    """Size of a cluster, a kept document with its duplicates -> how many there are; sizes in order."""
    return {str(size): count for size, count in sorted(engine.cluster_sizes().items())}
