"""From takedowns in force and the facts of partitions to the documents that are out: a pure function, and what it remembers.

What belongs here: the order of it. What may not: reading partitions and keeping marks (`withdrawal`).

A document is out where it is marked by a takedown in force and not spared by it. It is marked where the scope names it; where
near duplicates are meant, for a text like that of one so named; and when it arrives later, also for the same text again.

What was there before a text was refused, and is not meant itself, stays, and may take the removed one's place. Else whoever is
named in a takedown could remove what others wrote, by publishing it once more under the name. What arrives together with the
refused text, or is out of the corpus when that arrives, was not there, whichever of the two is looked at first.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

import polars as pl

from pile_assets.licensing.takedowns import marks as marking
from pile_assets.licensing.takedowns import scopes
from pile_assets.licensing.takedowns.marks import Mark, Marks
from pile_assets.licensing.takedowns.model import Takedown

Place = tuple[str, str]
"""(source, partition)"""


class Partition:
    """One partition's documents by what they are known by. `facts` has the columns of `scopes.FACTS` and `marks.FACTS`;
    `released` are the ids that the release named by `release` holds, `settled` gives those that were there, with the text they
    have, when verdicts were last made."""

    def __init__(
        self,
        key: bytes,
        place: Place,
        facts: pl.DataFrame,
        release: str | None = None,
        released: Collection[str] = frozenset(),
        settled: Callable[[], Collection[str]] = frozenset,
    ):
        self.place, self.release, self.released = place, release, frozenset(released)
        self._settled = settled
        self.ids: list[str] = facts["id"].to_list()
        self.index = scopes.Index(facts)
        self.hashes = marking.hashes(key, facts)
        self._facts = facts
        self._by_reference = {reference: id_ for id_, (reference, _) in self.hashes.items()}
        self._by_content: dict[str, set[str]] = {}
        for id_, (_, contents) in self.hashes.items():
            for content in contents:
                self._by_content.setdefault(content, set()).add(id_)

    def marked(self, marks: Marks) -> set[str]:
        """The ids that are marked."""
        return {self._by_reference[reference] for reference in marks.documents.keys() & self._by_reference.keys()}

    def with_contents(self, contents: Collection[str]) -> set[str]:
        """The ids of documents with one of these texts."""
        return {id_ for content in self._by_content.keys() & contents for id_ in self._by_content[content]}

    def near(self, marks: Marks) -> set[str]:
        """The ids of documents that resemble what was marked."""
        return self._signed.neighbours(marks.signed())

    @cached_property
    def _signed(self) -> marking.Signed:
        return marking.Signed(self._facts)

    @cached_property
    def settled(self) -> frozenset[str]:
        return frozenset(self._settled())

    @cached_property
    def signatures(self) -> dict[str, tuple[int | None, bytes | None]]:
        """Id -> shingles and signature."""
        return {row[0]: (row[1], row[2]) for row in self._facts.select("id", "shingles", "signature").iter_rows()}


class Matcher:
    """Takedowns in force, and what is remembered of each. Marks are changed in place; `touched` names those changed."""

    def __init__(self, key: bytes, in_force: Iterable[Takedown], remembered: Mapping[str, Marks]):
        self._key = key
        self._in_force = list(in_force)
        self.marks = {entry.name: remembered.get(entry.name) or Marks() for entry in self._in_force}
        self.touched: set[str] = set()

    @property
    def needs_signatures(self) -> bool:
        """Whether likeness is asked for at all: signatures are the widest column."""
        return any(entry.scope.near_duplicates for entry in self._in_force)

    def mark_meant(self, known: Partition) -> None:
        """Mark what the scopes name. To be done for all partitions before copies of it are looked for."""
        for entry in self._in_force:
            marks = self.marks[entry.name]
            for id_ in known.marked(marks):
                self._mark(entry, known, id_, neighbour=True)  # what is new about it, e.g. another text under the same id
            if not marks.bound or entry.scope.future:
                for id_ in self._meant(entry, known):
                    self._mark(entry, known, id_, neighbour=False)

    def mark_copies(self, known: Partition, *, binding: bool) -> None:
        """Mark copies and neighbours of what was marked, or remember that they may stay. `binding` says that all partitions are
        looked at, which takedowns need when they are applied for the first time."""
        for entry in self._in_force:
            marks = self.marks[entry.name]
            if (marks.bound and not entry.scope.future) or not (marks.bound or binding):
                continue
            spared = {marking.reference(self._key, id_) for id_ in entry.decision.spared}
            alike = known.with_contents(marks.contents(spared))
            if entry.scope.near_duplicates:
                alike |= known.near(marks)
            for id_ in alike - known.marked(marks):
                if known.hashes[id_][0] in marks.others:
                    continue
                was_there = not marks.bound or id_ in known.settled
                if was_there and (marks.bound or not entry.scope.near_duplicates):
                    marks.others.add(known.hashes[id_][0])
                    self.touched.add(entry.name)
                else:
                    self._mark(entry, known, id_, neighbour=True)

    def bind(self) -> None:
        """All partitions have been looked at: from now on what comes is told from what was there."""
        for name, marks in self.marks.items():
            if not marks.bound:
                marks.bound = True
                self.touched.add(name)

    def suppressed(self, known: Partition) -> list[tuple[str, str]]:
        """(document id, ids of the takedowns that keep it out, joined by spaces), in order of documents."""
        out: dict[str, set[str]] = {}
        for entry in self._in_force:
            for id_ in known.marked(self.marks[entry.name]) - set(entry.decision.spared):
                out.setdefault(id_, set()).add(entry.id)
        return [(id_, " ".join(sorted(out[id_]))) for id_ in known.ids if id_ in out]

    def _meant(self, entry: Takedown, known: Partition) -> Collection[str]:
        if entry.scope.kind == "content_hmac":
            return known.with_contents({entry.scope.value})
        return known.index.meant(entry.scope)

    def _mark(self, entry: Takedown, known: Partition, id_: str, *, neighbour: bool) -> None:
        """Mark a document, or add to its mark what is new about it; one that a scope names is no mere neighbour any more."""
        reference, contents = known.hashes[id_]
        documents = self.marks[entry.name].documents
        before = documents[reference].as_json() if reference in documents else None
        if before is None:
            release = known.release if id_ in known.released else None
            documents[reference] = Mark(known.place, neighbour=neighbour, release=release)
        mark = documents[reference]
        mark.neighbour = mark.neighbour and neighbour
        mark.place = known.place
        mark.contents |= contents
        if entry.scope.near_duplicates:
            marking.remember_signatures(mark, *known.signatures[id_])
        if mark.as_json() != before:
            self.touched.add(entry.name)
