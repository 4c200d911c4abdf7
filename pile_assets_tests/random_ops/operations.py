"""The operations, and scripts of them by seed. An operation is data; doing it twice is doing it once, as after a kill.

What belongs here: what can happen to a corpus from outside, and drawing what happens next. What may not: building.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.retention import erasure, redaction
from pile_assets.retention.collect import collect
from pile_assets.state import Override
from pile_assets_tests.deployments import Corpus, document, with_changed_word
from pile_assets_tests.withdrawal import requests

SOURCES = ("fables", "songs", "tales")
PARTITIONS = tuple("abcdefgh")
LICENCES = ("CC0-1.0", "MIT", "CC-BY-SA-4.0", "CC-BY-4.0", "ask the author")
THRESHOLD = re.compile(r"attribute: gopher_quality.word_count, min: \d+")

Kind = Literal["publish", "withdraw", "take down", "undo", "policy", "switch", "purge", "collect"]


@dataclass(frozen=True)
class Operation:
    """One thing that happens. `lines` are what a partition then holds: (name, number of the text, words changed, licence)."""

    kind: Kind
    source: str = ""
    partition: str = ""
    lines: tuple[tuple[str, int, int, str], ...] = ()
    number: int = 0  # of a takedown; the new threshold; 1 or 0 for on or off
    document: str = ""

    def __str__(self) -> str:
        what = self.document or f"{self.source}/{self.partition}".strip("/")
        return f"{self.kind} {what}".strip() + (f" {self.number}" if self.kind in ("policy", "switch") else "")


@dataclass
class _Published:
    """What a script knows of the corpus while it is drawn."""

    present: dict[tuple[str, str], tuple[tuple[str, int, int, str], ...]] = field(default_factory=dict)
    gone: dict[tuple[str, str], tuple[tuple[str, int, int, str], ...]] = field(default_factory=dict)
    taken: dict[int, tuple[str, str, str]] = field(default_factory=dict)  # takedown -> source, partition, document
    off: set[str] = field(default_factory=set)
    takedowns: int = 0


def script(seed: int, count: int, texts: int) -> list[Operation]:
    """So many operations, the same for the same seed; the first ones publish, since nothing else can be done yet."""
    chosen, state = random.Random(seed), _Published()
    draws: list[tuple[int, Callable[[random.Random, _Published, int], Operation | None]]] = [
        *((6, draw) for draw in (_add, _change)),
        *((3, draw) for draw in (_withdraw, _return, _take_down)),
        *((2, draw) for draw in (_undo, _policy, _purge, _again)),
        *((1, draw) for draw in (_switch, _collect)),
    ]
    weights, functions = zip(*draws, strict=True)
    operations: list[Operation] = []
    while len(operations) < count:
        draw = _add if len(operations) < 3 else chosen.choices(functions, weights)[0]
        if (operation := draw(chosen, state, texts)) is not None:
            operations.append(operation)
    return operations


def _line(chosen: random.Random, texts: int, name: str) -> tuple[str, int, int, str]:
    """A document: half of them share their text with others, exactly or but for a word."""
    text = chosen.randrange(texts) if chosen.random() < 0.5 else chosen.randrange(max(1, texts // 8))
    return name, text, chosen.choice((0, 0, 1, 2, 40)), chosen.choice(LICENCES)


def _publish(state: _Published, place: tuple[str, str], lines: Sequence[tuple[str, int, int, str]]) -> Operation:
    state.present[place] = tuple(lines)
    state.gone.pop(place, None)
    return Operation("publish", *place, tuple(lines))


def _add(chosen: random.Random, state: _Published, texts: int) -> Operation | None:
    free = [(s, p) for s in SOURCES for p in PARTITIONS if (s, p) not in state.present and (s, p) not in state.gone]
    if not free:
        return None
    return _publish(state, chosen.choice(free), [_line(chosen, texts, f"d{i}") for i in range(chosen.randint(1, 7))])


def _change(chosen: random.Random, state: _Published, texts: int) -> Operation:
    """One document of a partition changes, comes or goes."""
    place = chosen.choice(sorted(state.present))
    lines = list(state.present[place])
    which = chosen.randrange(len(lines))
    match chosen.choice(("change", "come", "go")):
        case "come":
            lines.append(_line(chosen, texts, f"d{max(int(name[1:]) for name, *_ in lines) + 1}"))
        case "go" if len(lines) > 1:
            lines.pop(which)
        case _:
            lines[which] = _line(chosen, texts, lines[which][0])
    return _publish(state, place, lines)


def _again(chosen: random.Random, state: _Published, texts: int) -> Operation:
    """A partition is published again with the same documents in another order."""
    place = chosen.choice(sorted(state.present))
    lines = list(state.present[place])
    chosen.shuffle(lines)
    return _publish(state, place, lines)


def _withdraw(chosen: random.Random, state: _Published, texts: int) -> Operation | None:
    if len(state.present) < 3:
        return None
    place = chosen.choice(sorted(state.present))
    state.gone[place] = state.present.pop(place)
    return Operation("withdraw", *place)


def _return(chosen: random.Random, state: _Published, texts: int) -> Operation | None:
    """A partition that left is published again, with the very bytes."""
    if not state.gone:
        return None
    place = chosen.choice(sorted(state.gone))
    return _publish(state, place, state.gone[place])


def _take_down(chosen: random.Random, state: _Published, texts: int) -> Operation:
    place = chosen.choice(sorted(state.present))
    name = chosen.choice(state.present[place])[0]
    state.takedowns += 1
    taken = (*place, f"{place[0]}:{place[1]}/{name}")
    state.taken[state.takedowns] = taken
    return Operation("take down", *place, number=state.takedowns, document=taken[2])


def _undo(chosen: random.Random, state: _Published, texts: int) -> Operation | None:
    if not state.taken:
        return None
    number = chosen.choice(sorted(state.taken))
    source, partition, name = state.taken.pop(number)
    return Operation("undo", source, partition, number=number, document=name)


def _purge(chosen: random.Random, state: _Published, texts: int) -> Operation | None:
    if not state.taken:
        return None
    source, partition, name = state.taken[chosen.choice(sorted(state.taken))]
    return Operation("purge", source, partition, document=name)


def _policy(chosen: random.Random, state: _Published, texts: int) -> Operation:
    return Operation("policy", number=chosen.choice((50, 300, 600, 1_500)))


def _switch(chosen: random.Random, state: _Published, texts: int) -> Operation:
    source = chosen.choice(SOURCES[1:])
    state.off ^= {source}
    return Operation("switch", source, number=int(source not in state.off))


def _collect(chosen: random.Random, state: _Published, texts: int) -> Operation:
    return Operation("collect")


# -- doing -------------------------------------------------------------------------------------------------------------


class Publisher:
    """Does operations to a corpus. The caller builds afterwards, then calls `after`."""

    def __init__(self, corpus: Corpus, texts: Sequence[str]):
        self._corpus, self._texts = corpus, texts

    def do(self, operation: Operation) -> None:
        """What happens before the build."""
        corpus = self._corpus
        match operation.kind:
            case "publish":
                corpus.publish(operation.source, operation.partition, map(self._document, operation.lines))
            case "withdraw":
                (corpus.folder(operation.source) / f"{operation.partition}.jsonl").unlink(missing_ok=True)
            case "policy":
                self._set_threshold(operation.number)
            case "switch":
                override = Override(enabled=bool(operation.number))
                corpus.deployment.open().state.save_override(operation.source, override)
            case "take down":
                self._append(requests.request(operation.number, "doc_id", operation.document))
            case "undo":
                self._undo(operation)
            case "purge":
                erasure.withhold(corpus.deployment.open(), self._meant(operation))
            case "collect":
                pass

    def after(self, operation: Operation) -> None:
        """What happens once it is built."""
        if operation.kind == "purge":
            erasure.erase(self._corpus.deployment.open(), self._meant(operation))
        elif operation.kind == "collect":
            store = self._corpus.deployment.open().view.store
            collect(store, now=0.0, grace_seconds=0, keep_releases=2, remove=True)

    def _document(self, line: tuple[str, int, int, str]) -> dict[str, Any]:
        name, number, changed, licence = line
        text = self._texts[number % len(self._texts)]
        for word in range(changed):
            text = with_changed_word(text, 5 + 3 * word)
        return document(name, text, licence=licence, author="A Writer")

    def _set_threshold(self, words: int) -> None:
        folder = self._corpus.registry / "policies"
        folder.mkdir(exist_ok=True)
        text = (DEFAULT_FOLDER / "policies" / "prose_and_code.yaml").read_text()
        temporary = folder / "arriving"
        temporary.write_text(THRESHOLD.sub(f"attribute: gopher_quality.word_count, min: {words}", text))
        temporary.replace(folder / "prose_and_code.yaml")

    def _append(self, entry: Any) -> None:
        vault = self._corpus.deployment.open().vault
        known = vault.ledger().entries.get(entry.id)
        if known is None or len(known.history) < len(entry.history):
            vault.append(entry)

    def _undo(self, operation: Operation) -> None:
        granted = requests.decided(requests.request(operation.number, "doc_id", operation.document), "granted")
        self._append(granted)
        self._append(requests.decided(granted, "reversed"))
        redaction.restore(self._corpus.deployment.open().view, operation.source, operation.partition)

    def _meant(self, operation: Operation) -> erasure.Documents:
        return {(operation.source, operation.partition): [operation.document]}
