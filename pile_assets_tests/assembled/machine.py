"""A corpus under everything that happens to one: a state machine over real builds, from published files to the release.

What belongs here: what happens, and what an operation by itself must do. What may not: what always holds (`checks`).

Targets of a few kilobytes and documents of 50 to 250 words make leaves split and merge, and documents larger than a part file.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pile_assets.build import BuildReport, build
from pile_assets_tests.assembled.checks import Held, Place, conserved, recounted, sized, undisturbed
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word
from pile_assets_tests.withdrawal import requests

SOURCES = {"fables": {"domain": "books"}, "songs": {"domain": "books"}, "minutes": {"domain": "government"}}
PARTITIONS = ("a", "b", "c", "d", "e", "f")
LICENCES = ("CC0-1.0", "MIT", "CC-BY-SA-4.0", "ask the author")
TARGETS = (3_000, 8_000, 24_000)


@dataclass(frozen=True)
class Text:
    """One document: of a seed, with words replaced, so that some are alike; too short for the policy where `words` is 10."""

    seed: int
    edits: int
    words: int
    licence: str

    def name(self, number: int) -> str:
        """Of the document with this number. Under another licence it is another document: else a partition would be held for
        review as soon as many change theirs."""
        return f"d{number}-{LICENCES.index(self.licence)}"

    @property
    def text(self) -> str:
        text = prose(self.seed, self.words)
        for number in range(self.edits):
            text = with_changed_word(text, 3 + 2 * number)
        return text


texts = st.builds(
    Text,
    seed=st.integers(0, 14),
    edits=st.sampled_from([0, 0, 0, 1, 3]),
    words=st.sampled_from([70, 70, 120, 120, 250, 10]),
    licence=st.sampled_from([*LICENCES, *LICENCES[:1] * 2]),
)
contents = st.lists(texts, min_size=1, max_size=5).map(tuple)
Contents = Sequence[Text]
EVERYWHERE: list[Place] = [(source, partition) for source in sorted(SOURCES) for partition in PARTITIONS]


class Life:
    """One corpus under `root`, what its publishers have, and what is held of it since it was last built."""

    def __init__(self, root: Path, size: int, beginning: Mapping[Place, Contents]):
        self.root = root
        self.corpus = Corpus(root, (), shard_bytes=size)
        for number, (source, fields) in enumerate(SOURCES.items()):
            self.corpus.add_source(source, seniority=number, **fields)
        self.upstream: dict[Place, Contents] = {}
        self.seen: set[Place] = set()
        self.out: set[str] = set()  # sources that the registry does not have
        self.takedowns = 0
        for place, content in beginning.items():
            self.publish(place, content)
        self.build()

    def publish(self, place: Place, content: Contents) -> None:
        self.upstream[place] = content
        self.seen.add(place)
        lines = [document(text.name(number), text.text, licence=text.licence) for number, text in enumerate(content)]
        self.corpus.publish(*place, lines)

    def remove(self, place: Place) -> None:
        del self.upstream[place]
        self.corpus.withdraw(*place)

    def build(self) -> BuildReport:
        report = build(self.corpus.deployment.open(), threads=1)
        assert not report.failed, report.failed
        assert not report.quarantined, report.quarantined
        self.held = Held(self.corpus.home)
        return report

    def append(self, place: Place, content: Contents) -> None:
        """A partition that nobody has seen comes last: it changes nothing that was decided."""
        before = self.held
        self.publish(place, content)
        self.build()
        undisturbed(before, self.held)

    def resize(self, size: int) -> None:
        """The operator sets another target: leaves split and merge."""
        self.corpus.shard_bytes = size
        self.build()

    @property
    def published(self) -> dict[str, str]:
        """Id -> text of everything that sources of the registry have now."""
        return {
            f"{source}:{partition}/{text.name(number)}": text.text
            for (source, partition), content in self.upstream.items()
            if source not in self.out
            for number, text in enumerate(content)
        }

    @property
    def here(self) -> list[Place]:
        return sorted(place for place in self.upstream if place[0] not in self.out)

    @property
    def unseen(self) -> list[Place]:
        return [place for place in EVERYWHERE if place[0] not in self.out and place not in self.seen]

    def check(self) -> None:
        """All that always holds."""
        conserved(self.held, self.published)
        sized(self.held, self.corpus.shard_bytes)
        recounted(self.held)


class Assembled(RuleBasedStateMachine):
    """What may happen to one. After every step it is built, and all that always holds is checked."""

    @initialize(
        places=st.permutations(EVERYWHERE), beginning=st.lists(contents, min_size=6, max_size=9), size=st.sampled_from(TARGETS)
    )
    def begin(self, places: Sequence[Place], beginning: Sequence[Contents], size: int) -> None:
        self.no_waiting = patch("os.fsync")  # no power fails here, and waiting for the disk would be most of the time
        self.no_waiting.start()
        self.root = Path(tempfile.mkdtemp(prefix="assembled-"))
        self.life = Life(self.root, size, dict(zip(places, beginning, strict=False)))

    def teardown(self) -> None:
        if hasattr(self, "root"):
            self.no_waiting.stop()
            shutil.rmtree(self.root)

    @precondition(lambda self: self.life.unseen)
    @rule(data=st.data(), content=contents)
    def arrive(self, data: Any, content: Contents) -> None:
        self.life.append(data.draw(st.sampled_from(self.life.unseen)), content)

    @precondition(lambda self: self.life.here)
    @rule(data=st.data(), content=contents)
    def change(self, data: Any, content: Contents) -> None:
        """A partition is published again: all of it, or one document of it."""
        life = self.life
        place = data.draw(st.sampled_from(life.here))
        old = list(life.upstream[place])
        if data.draw(st.booleans()):
            old[data.draw(st.integers(0, len(old) - 1))] = content[0]
            content = tuple(old)
        life.publish(place, content)
        life.build()

    @precondition(lambda self: self.life.here)
    @rule(data=st.data())
    def leave(self, data: Any) -> None:
        """A partition leaves; it may come back, and then nothing has happened."""
        life = self.life
        place, before = data.draw(st.sampled_from(life.here)), life.held
        content = life.upstream[place]
        life.remove(place)
        life.build()
        if data.draw(st.booleans()):
            life.check()
            life.publish(place, content)
            life.build()
            assert life.held.shard_bytes == before.shard_bytes, "a partition that left and came back left a trace in the shards"

    @precondition(lambda self: self.life.unseen)
    @rule(data=st.data(), content=contents)
    def come_and_go(self, data: Any, content: Contents) -> None:
        """A partition comes and leaves at once, which is as if it had not been."""
        life = self.life
        place, before = data.draw(st.sampled_from(life.unseen)), life.held
        life.append(place, content)
        life.check()
        life.remove(place)
        life.build()
        assert life.held.shard_bytes == before.shard_bytes, "a partition that came and left left a trace in the shards"

    @precondition(lambda self: self.life.held.rows)
    @rule(data=st.data())
    def take_down(self, data: Any) -> None:
        """A document is taken down; where the request is turned down, it is as if it had not been made."""
        life = self.life
        name, before = data.draw(st.sampled_from(sorted(life.held.rows))), life.held
        life.takedowns += 1
        request = requests.request(life.takedowns, "doc_id", name)
        requests.add(life.corpus, request)
        life.build()
        assert name not in life.held.rows, f"{name} was taken down and is in a shard"
        if data.draw(st.booleans()):
            life.check()
            requests.add(life.corpus, requests.decided(request, "refused"))
            life.build()
            assert life.held.shard_bytes == before.shard_bytes, "a takedown that was undone left a trace in the shards"

    @rule(source=st.sampled_from(sorted(SOURCES)))
    def switch(self, source: str) -> None:
        """A source leaves the registry, or is in it again."""
        record, aside = self.life.corpus.registry / f"{source}.yaml", self.root / f"{source}.yaml"
        if source in self.life.out:
            aside.rename(record)
        else:
            record.rename(aside)
        self.life.out ^= {source}
        self.life.build()

    @rule(size=st.sampled_from(TARGETS))
    def resize(self, size: int) -> None:
        before = len(self.life.held.shards)
        self.life.resize(size)
        now = len(self.life.held.shards)
        event("merged" if now < before else "split" if now > before else "as many shards")

    @rule()
    def again(self) -> None:
        """Nothing changed: nothing is made, and no file is touched."""
        folders = [self.life.corpus.home / name for name in ("store", "releases", "state")]

        def touched() -> dict[Path, int]:
            return {path: path.stat().st_mtime_ns for folder in folders for path in folder.rglob("*") if path.is_file()}

        before = touched()
        report = self.life.build()
        assert set(report.materialized.values()) == {0}, report.touched
        assert {path.relative_to(self.root) for path, time in touched().items() if before.get(path) != time} == set()

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "life"):
            return
        self.life.check()
        held = self.life.held
        for verdict in sorted({row["verdict"] for rows in held.verdicts.values() for row in rows}):
            event(verdict)
        event("leaves" if any(shard.prefix for shard in held.shards) else "whole families only")
        event("several parts" if any(len(shard.parts) > 1 for shard in held.shards) else "one part each")
