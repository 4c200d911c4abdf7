"""The private files of withdrawal under `PILE_HOME/state/takedowns`: primary state, never part of a release.

    ledger.jsonl      the requests, one line each; people add lines, with `pile takedown` or an editor; or PILE_TAKEDOWNS
    sealed.json       every line as it was first read, chained by a keyed hash: what keeps an edit from letting documents in
    key               32 random bytes in hexadecimal digits, made at first need; or PILE_TAKEDOWN_KEY
    marks/<id>.json   keyed hashes of the documents that a takedown keeps out (`licensing.takedowns.marks`)
    progress.json     when each request was received, applied, and out of every shard
    purging.json      only while a purge is under way: what it removes, so that it can be ended after an interruption

What belongs here: reading and writing these. What may not: what they mean. All are readable by their owner only.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pile_assets.errors import PileError
from pile_assets.licensing.takedowns import ledger as ledgers
from pile_assets.licensing.takedowns.ledger import Ledger, Sealed
from pile_assets.licensing.takedowns.marks import Marks
from pile_assets.licensing.takedowns.model import Takedown, follows
from pile_assets.store import Store, digest, file_sha256, write_atomically

LEDGER_VARIABLE, KEY_VARIABLE = "PILE_TAKEDOWNS", "PILE_TAKEDOWN_KEY"
PURGING = "purging.json"
LINES_LOCK = "takedown-lines"
"""Held while a line is added, so that of two that are added at once both are there."""
LOCK = "takedowns"
"""Held while marks are read and written; several runs may meet arriving documents at once."""


class Vault:
    """All access to them. A rehearsing vault keeps what it would write in memory, but for the key."""

    def __init__(
        self,
        store: Store,
        *,
        rehearse: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ):
        self.folder = store.home / "state" / "takedowns"
        self.path = Path(os.environ.get(LEDGER_VARIABLE) or self.folder / "ledger.jsonl").resolve()
        self._store, self._rehearse, self._clock = store, rehearse, clock
        self._kept: dict[str, Any] = {}
        self._ledger: tuple[tuple[Any, ...], Ledger] | None = None
        self._marks: dict[str, tuple[Any, Marks]] = {}

    @property
    def used(self) -> bool:
        """Whether there ever was a takedown; if not, nothing here costs anything."""
        return self.path.exists() or (self.folder / "sealed.json").exists()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Read and write marks without another run in between."""
        with self._store.lock("takedowns", exclusive=True, name=LOCK, wait=True):
            try:
                yield
            except BaseException:
                self._marks.clear()  # some may have been changed and not saved
                raise

    # -- ledger ----------------------------------------------------------------------------------------------------

    def ledger(self) -> Ledger:
        """The ledger as it is now, parsed again where a file has changed. Never raises for what stands in it."""
        if not self.used:
            return Ledger()
        seen = (
            *map(_stamp, (self.path, self.folder / "sealed.json", self.folder / "key")),
            len(self._kept.get("sealed.json", ())),
        )
        if self._ledger is None or self._ledger[0] != seen:
            try:
                text = self.path.read_bytes().decode("utf-8", errors="replace")
            except FileNotFoundError:
                text = ""
            self._ledger = seen, ledgers.read(text, self.sealed(), self._find_key())
        return self._ledger[1]

    def sealed(self) -> list[Sealed]:
        """The lines read so far, as they were. Raises PileError where that file is damaged: they must not be forgotten."""
        try:
            return [Sealed(**line) for line in self._read("sealed.json") or []]
        except TypeError as error:
            raise _damaged("sealed.json", error) from error

    def seal(self, ledger: Ledger) -> None:
        """Keep the lines that were read."""
        known = self.sealed()
        chained = ledgers.sealed(self.key(), ledger.lines, known)
        if len(chained) > len(known):
            self._write("sealed.json", [vars(line) for line in chained])

    def append(self, entry: Takedown) -> None:
        """Add a line to the ledger, on disk when this returns. Raises PileError, and adds nothing, where it cannot follow the
        line that its id has by now: somebody else may have written since the entry was made."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._store.lock("takedowns", exclusive=True, name=LINES_LOCK, wait=True):
            earlier = self.ledger().entries.get(entry.id)
            if earlier is not None and (refused := follows(earlier, entry)):
                raise PileError(
                    f"{entry.id} has been written by somebody else meanwhile: {refused}.",
                    remedy="Run `pile takedown list` for how it stands, and give the command again.",
                )
            before = self.path.read_bytes() if self.path.exists() else b""
            ends = b"" if not before or before.endswith(b"\n") else b"\n"
            write_atomically(self.path, before + ends + entry.as_line().encode() + b"\n")
            self.path.chmod(0o600)

    # -- key -------------------------------------------------------------------------------------------------------

    def key(self) -> bytes:
        """The key, made where there is none yet. Raises PileError where one was used before and is gone: with another,
        removed documents would not be known again."""
        found = self._find_key()
        if found is not None:
            return found
        if self.sealed() or any((self.folder / "marks").glob("*.json")):
            raise PileError(
                "The key of the takedown ledger is gone, so removed documents cannot be told from others.",
                remedy=f"Restore PILE_HOME/state/takedowns/key from its backup, or set {KEY_VARIABLE}. Until then "
                "nothing new enters the corpus.",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / "key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return self.key()

    def _find_key(self) -> bytes | None:
        text = os.environ.get(KEY_VARIABLE)
        if text is None:
            try:
                text = (self.folder / "key").read_text()
            except FileNotFoundError:
                return None
        try:
            key = bytes.fromhex(text.strip())
        except ValueError:
            key = b""
        if len(key) < 32:
            raise PileError(
                "The key of the takedown ledger is not 32 bytes in hexadecimal digits.",
                remedy=f"Restore PILE_HOME/state/takedowns/key from its backup, or mend {KEY_VARIABLE}.",
            )
        return key

    # -- marks -----------------------------------------------------------------------------------------------------

    def marks(self) -> dict[str, Marks]:
        """What is remembered, by `Takedown.name`; parsed again where a file has changed. What is changed must be saved."""
        names = {path.stem for path in (self.folder / "marks").glob("*.json")}
        names |= {name.removeprefix("marks/").removesuffix(".json") for name in self._kept if name.startswith("marks/")}
        found = {}
        for name in sorted(names):
            stamp = _stamp(self.folder / "marks" / f"{name}.json")
            if f"marks/{name}.json" not in self._kept and name in self._marks and self._marks[name][0] == stamp:
                found[name] = self._marks[name][1]
                continue
            try:
                found[name] = Marks.from_json(self._read(f"marks/{name}.json"))
                self._marks[name] = stamp, found[name]
            except (KeyError, TypeError, AttributeError) as error:
                raise _damaged(f"marks/{name}.json", error) from error
        return found

    def save_marks(self, marks: Mapping[str, Marks]) -> None:
        """Keep what has changed."""
        for name, remembered in marks.items():
            self._write(f"marks/{name}.json", remembered.as_json())

    def marks_version(self) -> str:
        """Digest of all marks."""
        files = {f"marks/{path.name}": file_sha256(path) for path in (self.folder / "marks").glob("*.json")}
        kept = {name: _text(value) for name, value in self._kept.items() if name.startswith("marks/")}
        return digest(sorted((files | {name: _sha256(text) for name, text in kept.items()}).items()))

    # -- progress --------------------------------------------------------------------------------------------------

    def progress(self) -> dict[str, dict[str, str]]:
        """Id -> what happened -> when, in UTC; or for `release`, `releases` and `rewritten`, which."""
        return self._read("progress.json") or {}

    def note(self, ids: Mapping[str, Mapping[str, str | None]]) -> None:
        """Record what happened to requests for the first time; a value of None is the present moment."""
        noted = {id_: dict(happened) for id_, happened in self.progress().items()}
        now = _moment(self._clock())
        for id_, happened in ids.items():
            for what, value in happened.items():
                noted.setdefault(id_, {}).setdefault(what, value or now)
        if noted != self.progress():
            self._write("progress.json", noted)

    def note_releases(self, id_: str, gone: Iterable[str], rewritten: Mapping[str, str]) -> None:
        """Record which releases lost their files for a request, and which of them were written anew as which, in addition to
        what is recorded of it."""
        before = self.progress().get(id_, {})
        names = sorted({*before.get("releases", "").split(), *gone})
        pairs = sorted({*before.get("rewritten", "").split(), *(f"{old}={new}" for old, new in rewritten.items())})
        said = {"releases": " ".join(names), "rewritten": " ".join(pairs)}
        if names and before | {what: value for what, value in said.items() if value} != before:
            after = before | {what: value for what, value in said.items() if value}
            self._write("progress.json", {**self.progress(), id_: after})

    def unnote(self, id_: str, what: str) -> None:
        """Forget that something happened to a request, because it was undone."""
        noted = {name: dict(happened) for name, happened in self.progress().items()}
        if noted.get(id_, {}).pop(what, None) is not None:
            self._write("progress.json", noted)

    def withdrawn_releases(self) -> list[str]:
        """The releases whose files were removed for a request, sorted."""
        return sorted({name for noted in self.progress().values() for name in noted.get("releases", "").split()})

    def rewritten_releases(self) -> dict[str, str]:
        """The releases that were written anew for a request -> as which, sorted."""
        pairs = (pair for noted in self.progress().values() for pair in noted.get("rewritten", "").split())
        return {old: new for old, _, new in sorted(pair.partition("=") for pair in pairs)}

    def saved(self) -> str | None:
        """When the ledger's file was last saved."""
        try:
            return _moment(datetime.fromtimestamp(self.path.stat().st_mtime, UTC))
        except FileNotFoundError:
            return None

    # -- a purge under way -----------------------------------------------------------------------------------------

    def purging(self) -> dict[str, Any] | None:
        """What a purge that has begun is removing (`purge`); None where none is under way."""
        found: dict[str, Any] | None = self._read(PURGING)
        return found

    def save_purging(self, plan: Mapping[str, Any]) -> None:
        """Write down what is to be removed, before the first of it is."""
        if plan != self._read(PURGING):
            self._write(PURGING, plan)

    def finish_purging(self) -> None:
        """Forget what was removed, also its text."""
        (self.folder / PURGING).unlink(missing_ok=True)

    # -- files -----------------------------------------------------------------------------------------------------

    def _read(self, name: str) -> Any:
        if name in self._kept:
            return json.loads(_text(self._kept[name]))
        try:
            return json.loads((self.folder / name).read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise _damaged(name, error) from error

    def _write(self, name: str, value: Any) -> None:
        if self._rehearse:
            self._kept[name] = value
            return
        write_atomically(self.folder / name, _text(value).encode())
        (self.folder / name).chmod(0o600)
        self.folder.chmod(0o700)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells one version of a file from another: they are replaced as a whole, or saved by an editor."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, indent=1) + "\n"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _damaged(name: str, error: Exception) -> PileError:
    return PileError(
        f"The state file takedowns/{name} is damaged ({error}).",
        remedy="Restore the folder state/ from its backup; this file cannot be computed again.",
    )
