"""Duplicates of a corpus that changes: verdicts brought up to the members there are now, at the cost of the change.

What belongs here: the public face of the engine. What may not: the
definition of a verdict (`resolve`), how a change is taken up (`advance`), files (`cache`, `columns`), what a member's
documents are or where they lie (the caller's `load`).

A **member** is a set of documents that comes, changes and leaves as one, such as a source partition. The verdicts are a
pure function of the members and their documents, never of how the engine came to them: those of `resolve.resolve` over
all candidates. Documents that a new version of a member has unchanged are not looked at again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from pile_assets.dedup.cache import Folder
from pile_assets.dedup.columns import Damaged
from pile_assets.dedup.resolve import VERDICTS
from pile_assets.dedup.table import OFFERED
from pile_assets.dedup.verdicts import CHANGES, PLACED, changes_between, cluster_sizes, placed

if TYPE_CHECKING:
    from pile_assets.dedup.state import State

__all__ = ["CHANGES", "OFFERED", "PLACED", "Engine", "IdTwice", "Load", "Member", "Update"]

T = TypeVar("T")
Load = Callable[[str], pl.DataFrame]
"""Gives the documents of a member as `table.OFFERED`."""


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

    changed: tuple[str, ...] = ()  # members whose verdicts are not those of before; those that came or left too; sorted
    added: int = 0
    removed: int = 0  # a document whose content or rank changed is removed and added
    evaluated: int = 0  # whose verdict was looked for or taken away
    repointed: int = 0  # duplicates that got a better canonical without being looked at
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
        self.path = folder
        self._state: State | None = None
        self._asked: tuple[Mapping[str, Member], Load] = {}, _nothing

    def bring_up_to(self, members: Mapping[str, Member], load: Load, *, afresh: bool = False) -> Update:
        """Decide on exactly these members, by name; `load` is asked for the documents of those not known yet.

        One process at a time; others wait. `afresh` decides everything from nothing. Raises ValueError where `load` gives
        something else than `table.OFFERED`, and IdTwice; nothing has changed then.
        """
        from pile_assets.dedup import advance  # compiled code, on first use

        folder = Folder(self.path)
        with folder.locked():
            state, update = advance.brought(folder, members, load, afresh=afresh)
            if state.differs:
                state.commit()
            self._state, self._asked = state, (members, load)
        return update

    def preview(self, members: Mapping[str, Member], then: Mapping[str, Member], load: Load) -> pl.DataFrame:
        """What would change of the verdicts, as `CHANGES`, if the members were others; nothing of it is kept.

        Only documents that have a verdict before and after are listed, sorted by member and id.
        """
        from pile_assets.dedup.advance import advanced
        from pile_assets.dedup.state import State

        self.bring_up_to(members, load)
        folder = Folder(self.path)

        def compare() -> pl.DataFrame:
            with folder.locked():
                before, after = State.open(folder), State.open(folder)
                try:
                    update = advanced(after, then, load)
                    return changes_between(before.table, after.table, update.changed)
                finally:
                    after.give_up()

        return self._sound(compare)

    def digest(self, name: str) -> str:
        """The digest of a member's verdicts: equal where `placed` is equal; KeyError for a stranger."""
        table = self._known.table
        return str(table.entries[table.present[name]].digest)

    def verdicts(self, name: str) -> pl.DataFrame:
        """The verdicts on the live documents of one member, `resolve.VERDICTS` sorted by id; KeyError for a stranger."""
        return self.placed(name).select(VERDICTS.keys())

    def placed(self, name: str) -> pl.DataFrame:
        """The same with the member that holds the canonical: `PLACED`."""
        return self._sound(lambda: placed(self._known.table, self._known.table.present[name]))

    def cluster_sizes(self) -> dict[int, int]:
        """How many kept documents stand for so many documents, themselves included; those that stand alone are left out."""
        return cluster_sizes(self._known.table)

    def _sound(self, read: Callable[[], T]) -> T:
        """What reading the cache gives; found damaged, it is made again first."""
        try:
            return read()
        except Damaged:
            self.bring_up_to(*self._asked, afresh=True)
            return read()

    @property
    def _known(self) -> "State":
        if self._state is None:
            raise ValueError("bring the engine up to the members before asking for verdicts")
        return self._state


def _nothing(name: str) -> pl.DataFrame:
    raise KeyError(name)
