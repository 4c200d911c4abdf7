"""Playing a script over a corpus in processes that may be killed at any moment, and the bytes it ends in.

What belongs here: doing the next operations after those the journal says are done, killing, and comparing. What may not: what
the operations are.
"""

import json
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pile_assets import store as stores
from pile_assets.build import build
from pile_assets.inspection.rebuild import Rebuilt, rebuild
from pile_assets.inspection.verify import verify
from pile_assets.review.changes import Accepted, Changes
from pile_assets.store import Address, Store
from pile_assets_tests.deployments import Corpus
from pile_assets_tests.random_ops.operations import SOURCES, Operation, Publisher
from pile_assets_tests.random_ops.texts import real_texts

SHARD_BYTES = 240_000
TEXTS = 120
KEY = "ab" * 32
"""The key of takedowns: where each corpus made its own, no two would be the same."""

REVIEWED = Accepted("role:desk", "It is theirs to change.", "2026-11-24")

UNLIKE = ("takedowns/progress.json",)
"""State that says when something was done."""


@dataclass(frozen=True)
class Game:
    """A corpus under `root`, the script it is put through, and the texts for it."""

    root: Path
    operations: Sequence[Operation]
    texts: int = TEXTS

    @property
    def journal(self) -> Path:
        return self.root / "done"

    @property
    def done(self) -> int:
        """How many operations are finished."""
        return int(self.journal.read_text()) if self.journal.exists() else 0

    @property
    def corpus(self) -> Corpus:
        return Corpus(self.root, () if (self.root / "registry").exists() else SOURCES, shard_bytes=SHARD_BYTES)

    def play(self, until: int | None = None, say: Callable[[str], object] = lambda line: None) -> None:
        """Do the operations that are not done, as `pile build` would build after each."""
        os.environ["PILE_TAKEDOWN_KEY"] = KEY
        corpus = self.corpus
        publisher = Publisher(corpus, real_texts(self.texts))
        for number, operation in list(enumerate(self.operations))[self.done : until]:
            say(f"{number} {operation}")
            store = Store(corpus.home)
            with store.lock("a test", exclusive=True):
                store.sweep()
                publisher.do(operation)
                _build(corpus, store)
                publisher.after(operation)
            _note(self.journal, str(number + 1))


def _build(corpus: Corpus, store: Store) -> None:
    """As `pile build` does; a licence its publisher has changed is taken up, as by a reviewer, and the corpus built again."""
    for reviewed in (False, True):
        report = build(corpus.deployment.open(), threads=1)
        taken_up = set() if reviewed else _accept_changes(store)
        others = [error for error in report.quarantined if (error.source, error.partition) not in taken_up]
        if report.failed or others:
            raise AssertionError([str(error) for error in (*report.failed, *others)])
        if not taken_up:
            return


def _accept_changes(store: Store) -> set[tuple[str, str]]:
    """The partitions that a change of licence held until now."""
    changes = Changes(store)
    newest = {(event.source, event.partition): event for event in changes.all()}
    waiting = {place for place, event in newest.items() if event.holds and _is_quarantined(store, *place)}
    for place in sorted(waiting):
        changes.accept(*place, REVIEWED)
    return waiting


def _is_quarantined(store: Store, source: str, partition: str) -> bool:
    return store.read_quarantine(Address.of_source(source, "documents", partition)) is not None


def _note(path: Path, text: str) -> None:
    temporary = path.with_suffix(".new")
    temporary.write_text(text)
    temporary.replace(path)


# -- what it ends in ---------------------------------------------------------------------------------------------------


def current(home: Path) -> dict[str, bytes]:
    """Every byte that is not left over: primary state, releases, manifests; and each manifest's files, which must be the
    bytes it promises."""
    store = Store(home)
    found = {}
    state, manifests = (home / "state").rglob("*.json*"), (home / "store").rglob("manifest.json")
    for path in sorted(path for path in (*state, *store.releases.rglob("*"), *manifests) if path.is_file()):
        name = str(path.relative_to(home))
        if not name.endswith(UNLIKE):
            found[name] = _without_root(path.read_bytes(), home.parent)
    for address in store.addresses():
        manifest = store.manifest(address)
        if manifest is not None and (damage := store.damage(manifest)):
            found[f"damage of {address}"] = json.dumps(damage).encode()
    return found


def _without_root(content: bytes, root: Path) -> bytes:
    return content.replace(str(root).encode(), b"")


def unlike(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names under which two have other bytes."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def judged(corpus: Corpus) -> tuple[list[str], Rebuilt]:
    """What `pile verify --rebuild` says."""
    os.environ["PILE_TAKEDOWN_KEY"] = KEY
    session = corpus.deployment.open()
    whole = verify(session.view.store)
    again = rebuild(session)
    return [f"{problem.place}: {problem.found}" for problem in (*whole.problems, *again.problems)], again


# -- dying -------------------------------------------------------------------------------------------------------------


def at_every_write(act: Callable[[int], object]) -> None:
    """Have this process call `act` before each file it publishes or removes, with how many there were.

    Only for a process that is a test's own: the store's function is replaced in it for good.
    """
    publish, unlink, count = stores.publish, Path.unlink, 0

    def before() -> None:
        nonlocal count
        act(count)
        count += 1

    def publishing(temporary: Path, final: Path) -> None:
        before()
        publish(temporary, final)

    def unlinking(path: Path, missing_ok: bool = False) -> None:
        if path.suffix != ".tmp" and path.exists():
            before()
        unlink(path, missing_ok=missing_ok)

    stores.publish = publishing
    setattr(Path, "unlink", unlinking)  # noqa: B010  # a plain assignment is no method to the type checker


def die(at: int) -> Callable[[int], object]:
    """Be killed, without a chance to clean up, before write number `at`, counted from 0."""
    return lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == at else None


def play_and_die(game: Game, until: int, at: int) -> None:
    """In a process of its own: play, and die before a write."""
    at_every_write(die(at))
    game.play(until)


def play_and_count(game: Game, until: int, into: Path) -> None:
    """In a process of its own: play, and leave how many writes that took."""
    at_every_write(lambda number: into.write_text(str(number + 1)))
    game.play(until)
