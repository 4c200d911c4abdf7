"""What another tier of one source would do to the verdicts on duplicates, before its record says so.

What belongs here: asking the engine, and counting what it answers by source. What may not: deciding on duplicates (`dedup`),
changing a record, printing (`console`). Nothing is written but the engine's cache.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import polars as pl

from pile_assets import corpus, schemas
from pile_assets.corpus import Member
from pile_assets.dedup.engine import CHANGES
from pile_assets.deployment import Session
from pile_assets.errors import PileError

EXAMPLES = 5
"""Documents that are named of each kind of change."""

KINDS = ("became_unique", "became_duplicate", "repointed")
"""What may become of a document: a duplicate that is kept then, one kept now that is a duplicate then, and a duplicate that
names another canonical document."""


@dataclass(frozen=True)
class Flipped:
    """Documents whose verdict would be another one, by what becomes of them, and the bytes of text that move with them."""

    became_unique: int = 0
    became_duplicate: int = 0
    repointed: int = 0
    bytes_in: int = 0  # of documents that come into the shards
    bytes_out: int = 0  # of documents that leave them

    @property
    def documents(self) -> int:
        return self.became_unique + self.became_duplicate + self.repointed


@dataclass(frozen=True)
class Example:
    """One document whose verdict would be another one; `dup_of` is null where it is kept."""

    kind: str  # one of KINDS
    document: str
    dup_of_before: str | None
    dup_of_after: str | None


@dataclass(frozen=True)
class Promotion:
    """What a tier would change. `current` is False where a build is due: then it is the verdicts that build will give first
    which are compared with those of the other tier."""

    source: str
    tier_before: int
    tier_after: int
    current: bool
    total: Flipped
    by_source: dict[str, Flipped]  # of the document; in order, without sources that stay as they are
    partitions: tuple[str, ...]  # "<source>/<partition>" with a changed verdict, sorted
    examples: tuple[Example, ...]  # up to EXAMPLES of each kind, in order of partition and id


def preview(session: Session, source: str, tier: int) -> Promotion:
    """What would be if the record of `source` said `tier`; everything else stays as the store has it.

    Raises PileError for a source that is unknown, out of the corpus, or without documents in it, and where two documents
    have one id.
    """
    before = _tier(session, source)
    view = session.view
    found = corpus.members(session.sources, view.get, view.partitions)
    if not any(member.source == source for member in found):
        raise PileError(
            "None of its partitions has been built, so there is no verdict that could change.",
            remedy=f"Run `pile build`, then `pile dedup preview {source} --tier {tier}` again.",
            source=source,
        )
    numbers = corpus.numbered(found, session.state.seniority())
    made = view.get(corpus.DEDUP)
    current = made is not None and made.key == corpus.dedup_key(found, session.state.seniority())
    if tier == before:
        return _counted(source, before, tier, current, pl.DataFrame(schema={**CHANGES, "bytes": pl.Int64, "kind": pl.String}))
    changes = corpus.preview(view, found, promoted(found, source, tier), numbers)
    return _counted(source, before, tier, current, _with_kinds(_with_bytes(session, found, changes)))


def _tier(session: Session, source: str) -> int:
    if source in session.sources.present:
        return session.sources.present[source].tier
    if source in session.registry.records or source in session.registry.broken:
        raise PileError(
            "The source is not in the corpus, so none of its documents takes part in duplicates.",
            remedy=f"`pile sources show {source}` says why it is not.",
            source=source,
        )
    raise PileError(f"There is no source {source!r}.", remedy="Run `pile sources list`.")


def promoted(found: Iterable[Member], source: str, tier: int) -> list[Member]:
    """The members as they would rank if one source had this tier; their seniority and documents stay."""
    return [replace(member, tier=tier) if member.source == source else member for member in found]


# -- counting ------------------------------------------------------------------------------------------------------


def _with_bytes(session: Session, found: Iterable[Member], changes: pl.DataFrame) -> pl.DataFrame:
    """The changes with the bytes of each document; only partitions with a change are read."""
    touched = set(changes["member"])
    store = session.view.store
    sizes = [pl.DataFrame(schema={"id": pl.String, "bytes": pl.Int64})]
    sizes += [store.frame(m.eligible, schemas.ELIGIBLE, ["id", "bytes"]) for m in found if m.name in touched]
    return changes.join(pl.concat(sizes), on="id", how="left", maintain_order="left")


def _with_kinds(changes: pl.DataFrame) -> pl.DataFrame:
    kept_before, kept_after = pl.col("before") == "kept", pl.col("after") == "kept"
    unique, duplicate, repointed = map(pl.lit, KINDS)
    return changes.with_columns(
        pl.when(kept_after).then(unique).when(kept_before).then(duplicate).otherwise(repointed).alias("kind")
    )


def _counted(source: str, before: int, after: int, current: bool, changes: pl.DataFrame) -> Promotion:
    named = changes.with_columns(source=pl.col("member").str.split("/").list.first())
    by_source = {str(name): _flipped(rows) for (name,), rows in sorted(named.partition_by("source", as_dict=True).items())}
    examples = [
        Example(kind, *row)
        for kind in KINDS
        for row in changes.filter(kind=kind).select("id", "dup_of_before", "dup_of_after").head(EXAMPLES).iter_rows()
    ]
    partitions = tuple(sorted(set(changes["member"])))
    return Promotion(source, before, after, current, _flipped(changes), by_source, partitions, tuple(examples))


def _flipped(changes: pl.DataFrame) -> Flipped:
    unique, duplicate, repointed = (changes.filter(kind=kind) for kind in KINDS)
    return Flipped(unique.height, duplicate.height, repointed.height, int(unique["bytes"].sum()), int(duplicate["bytes"].sum()))
