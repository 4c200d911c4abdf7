"""A corpus that changes, as a state machine: the engine that follows it against the definition and against a rebuild.

Whatever happens to the members, and to the engine's folder, after every step the verdicts are those of the definition and,
byte for byte, those of an engine that meets the same members for the first time in another order.
"""

import io
import itertools
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pile_assets.dedup import index, signatures
from pile_assets.dedup.engine import OFFERED, Engine, Member, Update
from pile_assets.dedup.resolve import AGREEMENT, CANDIDATES
from pile_assets.dedup.signatures import PERMUTATIONS
from pile_assets_tests.dedup import corpora, definition
from pile_assets_tests.dedup.crashes import Crash, crash_at

Docs = dict[str, dict[str, Any]]
"""Id -> the document's row of `OFFERED`."""


@dataclass(frozen=True)
class Part:
    """One member of the model."""

    docs: tuple[tuple[str, Any], ...]  # id and content, whatever the machine's `row` understands
    tier: int
    seniority: int


# -- documents -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Likeness:
    """A synthetic signature: that of a seed, with a stretch of positions replaced.

    Two of one seed with separate stretches of 26 positions each resemble the seed (86 of 112 agree) and not each other
    (60): likeness that is not transitive, which small texts seldom show.
    """

    seed: int
    start: int
    changed: int
    quality: int
    shingles: int

    @property
    def signature(self) -> npt.NDArray[np.uint32]:
        base = np.random.default_rng(self.seed).integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
        fresh = np.random.default_rng([self.seed, self.start, self.changed]).integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)
        places = (self.start + np.arange(self.changed)) % PERMUTATIONS
        base[places] = fresh[places]
        return base

    def resembles(self, other: "Likeness") -> bool:
        return int((self.signature == other.signature).sum()) >= AGREEMENT

    def row(self, name: str) -> dict[str, Any]:
        signature = self.signature.astype("<u4").tobytes()
        same_text = xxhash.xxh3_128_digest(signature + bytes([self.shingles]))
        return dict(zip(OFFERED, (name, self.quality, same_text, self.shingles, signature), strict=True))


@dataclass(frozen=True)
class Words:
    """A real text, signed."""

    seed: int
    edits: int
    words: int
    quality: int

    def row(self, name: str) -> dict[str, Any]:
        frame = pl.DataFrame(
            {"id": [name], "media_type": ["text/plain"], "text": [corpora.text(self.seed, self.edits, self.words)]}
        )
        signed = signatures.sign(frame).with_columns(quality=pl.lit(self.quality, pl.Int64))
        return signed.select(OFFERED.keys()).row(0, named=True)


likenesses = st.builds(
    Likeness,
    seed=st.integers(0, 1),
    start=st.sampled_from([0, 0, 8, 26, 30, 52, 60, 78]),
    changed=st.sampled_from([0, 0, 8, 16, 26, 26, 26, 32, 33, 34, 52]),
    quality=st.integers(0, 1),
    shingles=st.sampled_from([100, 100, 100, 100, 100, 29, 28]),
)


def apart(canonical: Likeness, duplicate: Likeness) -> list[Likeness]:
    """What resembles the duplicate and not its canonical."""
    places = itertools.product(range(0, PERMUTATIONS, 13), (26, 32))
    others = (Likeness(duplicate.seed, start, changed, 0, 100) for start, changed in places)
    return [other for other in others if other.resembles(duplicate) and not other.resembles(canonical)]


texts = st.builds(
    Words,
    seed=st.integers(0, 2),
    edits=st.integers(0, 5),
    words=st.sampled_from([120, 120, 120, 40, 20]),
    quality=st.integers(0, 1),
)


def frame_of(part: Part, taken: frozenset[str], limit: int) -> pl.DataFrame:
    """What `load` gives: documents over the limit of quality, or taken down, only claim their id."""
    rows = [content.row(name) for name, content in part.docs]
    frame = pl.DataFrame(rows, schema=OFFERED, orient="row")
    return frame.with_columns(live=~pl.col("id").is_in(sorted(taken)) & (pl.col("quality") <= limit))


def published(engine: Engine, members: Sequence[str]) -> dict[str, bytes]:
    """The directory of verdicts: the file of each member."""
    files = {}
    for name in sorted(members):
        buffer = io.BytesIO()
        engine.placed(name).rechunk().write_parquet(buffer)
        files[name] = buffer.getvalue()
    return files


# -- the machine ---------------------------------------------------------------------------------------------------


class Following(RuleBasedStateMachine):
    """One corpus and the engine that follows it. Subclasses say what its documents are."""

    contents: st.SearchStrategy[Any] = likenesses
    names = st.sampled_from(["a", "b", "c", "d"])

    @initialize(fanout=st.sampled_from([1, 4, 100]), slack=st.sampled_from([0, 1 << 20]))
    def begin(self, fanout: int, slack: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="following-"))
        self.kept_settings = index.FANOUT, index.SLACK
        index.FANOUT, index.SLACK = fanout, slack
        self.parts: dict[str, Part] = {}
        self.taken: frozenset[str] = frozenset()
        self.limit = 1
        self.arrivals = 0
        self.published: dict[str, bytes] = {}
        self.harmed: dict[str, bytes] = {}  # files of the cache by name, as they were when a byte was another one
        self.bring()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            index.FANOUT, index.SLACK = self.kept_settings
            shutil.rmtree(self.folder)

    # -- what the engine is asked --

    @property
    def members(self) -> dict[str, Member]:
        found = {}
        for name, part in self.parts.items():
            taken = sorted(self.taken & {document for document, _ in part.docs})
            version = xxhash.xxh3_64_hexdigest(repr((part.docs, taken, self.limit)).encode())
            found[name] = Member(name, version, part.tier, part.seniority)
        return found

    def load(self, name: str) -> pl.DataFrame:
        return frame_of(self.parts[name], self.taken, self.limit)

    def bring(self, load: Any = None) -> Update:
        """A new process each time."""
        self.engine = Engine(self.folder / "cache")
        return self.engine.bring_up_to(self.members, load or self.load)

    def change(self) -> Update:
        before = dict(self.published)
        update = self.bring()
        event("a duplicate got a better canonical" if update.repointed else "none did")
        self.published = published(self.engine, list(self.parts))
        differing = {n for n in before.keys() | self.published.keys() if before.get(n) != self.published.get(n)}
        assert differing <= set(update.changed), "every member whose verdicts changed is named"
        if update.rebuilt is None:
            assert set(update.changed) <= differing, "and no other one"
        return update

    def named(self, name: str, contents: Sequence[Any]) -> tuple[tuple[str, Any], ...]:
        """Contents with ids that no other member holds, the same ones each time if that may be."""
        held = {document for other, part in self.parts.items() if other != name for document, _ in part.docs}
        free = (document for i in itertools.count() if (document := f"{name}:{i}") not in held)
        return tuple(zip(free, contents, strict=False))

    # -- what happens to members --

    @rule(name=names, contents=st.data(), tier=st.integers(0, 1))
    def put(self, name: str, contents: Any, tier: int) -> None:
        """A partition arrives, or is published again with other documents. What arrives last in rank changes no other one."""
        drawn = contents.draw(st.lists(self.contents, max_size=7))
        known, before = self.parts.get(name), dict(self.published)
        last = known is None and all(part.tier <= tier for part in self.parts.values())
        if known is None:
            self.arrivals += 1
        seniority = known.seniority if known else self.arrivals
        docs = self.named(name, drawn)
        self.parts[name] = Part(docs, known.tier if known else tier, seniority)
        self.change()
        if last:
            event("arrived last")
            assert before == {other: content for other, content in self.published.items() if other != name}

    @precondition(lambda self: any(part.docs for part in self.parts.values()))
    @rule(data=st.data())
    def edit(self, data: Any) -> None:
        """A partition is published again with one document changed or gone; the others are not decided again."""
        name = data.draw(st.sampled_from(sorted(n for n, part in self.parts.items() if part.docs)))
        docs = list(self.parts[name].docs)
        which = data.draw(st.integers(0, len(docs) - 1))
        content = data.draw(st.one_of(st.none(), self.contents))
        docs[which : which + 1] = [] if content is None else [(docs[which][0], content)]
        self.parts[name] = replace(self.parts[name], docs=tuple(docs))
        update = self.change()
        assert update.rebuilt or max(update.added, update.removed) <= 1

    @precondition(lambda self: self.contents is likenesses and (self.verdicts["verdict"] == "near_dup").any())
    @rule(data=st.data())
    def come_between(self, data: Any) -> None:
        """A duplicate gets a better canonical, which the one it had does not resemble: the sketch's tests missed that."""
        near = self.verdicts.filter(pl.col("verdict") == "near_dup")
        duplicate, canonical = data.draw(st.sampled_from(near.select("id", "dup_of").rows()))
        contents = dict(document for part in self.parts.values() for document in part.docs)
        if not (found := apart(contents[canonical], contents[duplicate])):
            return
        best = min(self.parts, key=lambda name: (self.parts[name].tier, self.parts[name].seniority))
        held = {document for part in self.parts.values() for document, _ in part.docs}
        fresh = next(document for i in itertools.count() if (document := f"{best}:{i}") not in held)
        self.parts[best] = replace(self.parts[best], docs=(*self.parts[best].docs, (fresh, data.draw(st.sampled_from(found)))))
        self.change()

    @precondition(lambda self: self.parts)
    @rule(data=st.data())
    def drop(self, data: Any) -> None:
        del self.parts[data.draw(st.sampled_from(sorted(self.parts)))]
        self.change()

    @precondition(lambda self: len(self.parts) > 1)
    @rule(data=st.data())
    def move(self, data: Any) -> None:
        """A document leaves one partition for another."""
        origin, target = data.draw(st.permutations(sorted(self.parts)))[:2]
        if not self.parts[origin].docs:
            return
        (moved, *rest) = self.parts[origin].docs
        self.parts[origin] = replace(self.parts[origin], docs=tuple(rest))
        self.parts[target] = replace(self.parts[target], docs=(*self.parts[target].docs, moved))
        self.change()

    @precondition(lambda self: any(part.docs for part in self.parts.values()))
    @rule(data=st.data(), canonical=st.booleans())
    def take_down(self, data: Any, canonical: bool) -> None:
        """And take it back at once, which is as if nothing had been."""
        candidates = sorted(self.live)
        if canonical:
            candidates = sorted(set(self.verdicts["dup_of"].drop_nulls())) or candidates
        if not candidates:
            return
        document, before = data.draw(st.sampled_from(candidates)), self.published
        kept = self.taken
        self.taken = kept | {document}
        self.change()
        self.check()
        if data.draw(st.booleans()):
            self.taken = kept
            self.change()
            assert self.published == before, "take down and take back is as if nothing had been"

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def take_back(self, data: Any) -> None:
        self.taken -= {data.draw(st.sampled_from(sorted(self.taken)))}
        self.change()

    @rule(limit=st.integers(-1, 1))
    def filter(self, limit: int) -> None:
        self.limit = limit
        self.change()

    @precondition(lambda self: self.parts)
    @rule(data=st.data(), tier=st.integers(0, 2))
    def rank_anew(self, data: Any, tier: int) -> None:
        """What the preview says of a promotion is what it does."""
        name = data.draw(st.sampled_from(sorted(self.parts)))
        before, now = self.verdicts, self.members
        self.parts[name] = replace(self.parts[name], tier=tier)
        content = {path.name: path.read_bytes() for path in (self.folder / "cache").iterdir()}
        expected = self.engine.preview(now, self.members, self.load)
        if not self.harmed.items() & content.items():  # else what is harmed is made again when it is read
            kept = [path for path in (self.folder / "cache").iterdir() if path.name in content]
            assert content == {path.name: path.read_bytes() for path in kept}
        assert published(self.engine, list(self.parts)) == self.published
        self.change()
        after = before.join(self.verdicts, on="id", suffix="_after")
        flipped = after.filter(
            (pl.col("verdict") != pl.col("verdict_after")) | pl.col("dup_of").ne_missing(pl.col("dup_of_after"))
        )
        assert sorted(flipped["id"]) == sorted(expected["id"])

    # -- what happens to the engine --

    @rule()
    def again(self) -> None:
        """Nothing changed: nothing is read, decided or written."""
        before = {path.name: path.stat().st_mtime_ns for path in (self.folder / "cache").iterdir() if path.name != "lock"}
        assert self.bring(load=None if not self.parts else _unasked) == Update()
        assert before == {
            path.name: path.stat().st_mtime_ns for path in (self.folder / "cache").iterdir() if path.name != "lock"
        }

    @rule(data=st.data())
    def lose(self, data: Any) -> None:
        """A file of the cache is gone, or all are."""
        paths = sorted(path for path in (self.folder / "cache").iterdir() if path.name != "lock")
        gone = data.draw(st.one_of(st.just(paths), st.sampled_from(paths).map(lambda path: [path])))
        for path in gone:
            path.unlink()
        update = self.change()
        assert update.rebuilt
        event("rebuilt after loss")

    @rule(data=st.data(), name=names)
    def corrupt(self, data: Any, name: str) -> None:
        """A byte of the cache is another one; then something changes."""
        paths = sorted(path for path in (self.folder / "cache").iterdir() if path.stat().st_size)
        path = data.draw(st.sampled_from(paths))
        content = bytearray(path.read_bytes())
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        self.harmed[path.name] = bytes(content)
        self.put(name, data, 0)

    @rule(data=st.data(), moment=st.integers(0, 40), name=names, torn=st.booleans())
    def crash(self, data: Any, moment: int, name: str, torn: bool) -> None:
        """The process dies at one of the writes of a change; the next one starts where it was."""
        before = self.parts.get(name)
        docs = self.named(name, data.draw(st.lists(self.contents, max_size=7)))
        if before is None:
            self.arrivals += 1
        self.parts[name] = replace(before, docs=docs) if before else Part(docs, 0, self.arrivals)
        try:
            with crash_at(moment, torn=torn):
                self.bring()
        except Crash:
            event("crashed")
        if data.draw(st.booleans()):
            self.parts.pop(name)  # upstream thinks better of it
            if before:
                self.parts[name] = before
        self.bring()
        self.published = published(self.engine, list(self.parts))

    # -- what is always true --

    @property
    def verdicts(self) -> pl.DataFrame:
        empty = pl.DataFrame(schema={"id": pl.String, "verdict": pl.String, "dup_of": pl.String, "agreement": pl.Int64})
        return pl.concat([empty, *(self.engine.verdicts(name) for name in self.parts)]).sort("id")

    @property
    def candidates(self) -> pl.DataFrame:
        frames = [pl.DataFrame(schema=CANDIDATES)]
        for name, part in self.parts.items():
            ranked = (
                self.load(name)
                .filter("live")
                .with_columns(tier=pl.lit(part.tier, pl.Int64), seniority=pl.lit(part.seniority, pl.Int64))
            )
            frames.append(ranked.select(CANDIDATES.keys()))
        return pl.concat(frames)

    @property
    def live(self) -> list[str]:
        return self.candidates["id"].to_list()

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "folder"):
            return
        expected = definition.verdicts(self.candidates)
        event("near duplicates" if (expected["verdict"] == "near_dup").any() else "none")
        assert self.verdicts.equals(expected)
        fresh = Engine(self.folder / "fresh")
        fresh.bring_up_to(dict(reversed(self.members.items())), self.load)
        assert published(fresh, list(self.parts)) == self.published
        assert {name: fresh.digest(name) for name in self.parts} == {name: self.engine.digest(name) for name in self.parts}
        shutil.rmtree(self.folder / "fresh")


def _unasked(name: str) -> pl.DataFrame:
    raise AssertionError(f"{name} was loaded although it is as it was")


class FollowingTexts(Following):
    """The same over real texts."""

    contents = texts
