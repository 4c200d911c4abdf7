"""Duplicates of a corpus that changes: verdicts brought up to the members there are now.

What belongs here: the public face of the engine, and which members have another verdict than before. What may not: the
definition of a verdict (`resolve`), what a member's documents are or where they lie (the caller's `load`).

A **member** is a set of documents that comes, changes and leaves as one, such as a source partition. The verdicts are a
pure function of the members and their documents, never of how the engine came to them: those of `resolve.resolve` over
all candidates.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pile_assets.dedup.resolve import CANDIDATES, VERDICTS, resolve
from pile_assets.store import digest

OFFERED = {name: dtype for name, dtype in CANDIDATES.items() if name not in ("tier", "seniority")}
"""What `load` gives of a member: candidates without the columns that the member has for all of them. A further Boolean
column `live`, where there is one, is false for documents that only claim their id: they get no verdict and are no
duplicate's canonical, and no other document may have their id."""

PLACED = VERDICTS | {"dup_of_member": pl.String}
"""Verdicts with the name of the member that holds `dup_of`."""

Load = Callable[[str], pl.DataFrame]


@dataclass(frozen=True)
class Member:
    """Documents that come and go together. Equal `version` means equal documents; tier and seniority are their rank."""

    name: str
    version: str
    tier: int
    seniority: int


@dataclass(frozen=True)
class Update:
    """What bringing the engine up to date took, and whom it concerns. Counts are documents."""

    changed: tuple[str, ...]  # members whose verdicts are not those of before; those that came or left too; sorted
    added: int = 0
    removed: int = 0  # a document whose content or rank changed is removed and added
    evaluated: int = 0  # looked at again, removed ones included
    repointed: int = 0  # got a better canonical without being looked at
    verified: int = 0  # pairs of signatures compared
    rebuilt: str | None = None  # why everything was decided from nothing; None where only the change was


class IdTwice(ValueError):
    """One id in two documents: every verdict on it would be ambiguous."""

    def __init__(self, document: str, members: tuple[str, ...]):
        super().__init__(f"the id {document} occurs more than once ({', '.join(members)})")
        self.document, self.members = document, members


class Engine:
    """The verdicts of one corpus. What it keeps in its folder is a cache: deleted, it is made again from `load`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._digests: dict[str, str] = {}
        self._placed: dict[str, pl.DataFrame] = {}

    def bring_up_to(self, members: Mapping[str, Member], load: Load) -> Update:
        """Decide on exactly these members, by name; `load` is asked for the documents of those not known yet.

        Raises ValueError where `load` gives something else than `OFFERED`, and IdTwice; nothing has changed then.
        """
        frames = {name: load(name) for name in sorted(members)}
        claimed = pl.concat(
            [pl.DataFrame(schema={"id": pl.String, "member": pl.String})]
            + [frame.select("id", member=pl.lit(name)) for name, frame in frames.items()]
        )
        twice = claimed.filter(pl.col("id").is_duplicated()).sort("id", "member")
        if twice.height:
            first = twice["id"][0]
            raise IdTwice(first, tuple(dict.fromkeys(twice.filter(id=first)["member"])))
        live = [
            (frame.filter("live") if "live" in frame.columns else frame).with_columns(
                tier=pl.lit(members[name].tier, pl.Int64),
                seniority=pl.lit(members[name].seniority, pl.Int64),
                member=pl.lit(name),
            )
            for name, frame in frames.items()
        ]
        candidates = pl.concat([pl.DataFrame(schema=CANDIDATES | {"member": pl.String}), *live], how="diagonal")
        places = candidates.select("id", "member")
        verdicts = (
            resolve(candidates)
            .join(places, on="id", how="left")
            .join(places.select(dup_of="id", dup_of_member="member"), on="dup_of", how="left")
            .sort("id")
        )
        self._placed = {name: verdicts.filter(member=name).select(PLACED.keys()) for name in members}
        before, self._digests = self._digests, {name: digest(frame.rows()) for name, frame in self._placed.items()}
        changed = [n for n in before.keys() | members.keys() if before.get(n) != self._digests.get(n)]
        return Update(tuple(sorted(changed)), candidates.height, evaluated=candidates.height, rebuilt="nothing is kept yet")

    def digest(self, name: str) -> str:
        """The digest of a member's verdicts: equal where `placed` is equal."""
        return self._digests[name]

    def verdicts(self, name: str) -> pl.DataFrame:
        """The verdicts on the live documents of one member, `resolve.VERDICTS` sorted by id; KeyError for a stranger."""
        return self.placed(name).select(VERDICTS.keys())

    def placed(self, name: str) -> pl.DataFrame:
        """The same with the member that holds the canonical: `PLACED`."""
        return self._placed[name]
