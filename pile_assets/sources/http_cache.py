"""Downloaded bodies and what was said about them, kept so that nobody is asked twice for the same bytes.

What belongs here: putting a body and its capture facts on disk and finding them whole again. What may not: any request
(`http`), or anything that must not be lost: the folder may be deleted at any time, which costs downloads only.
"""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Fetched:
    """One body on disk. `facts` is the capture record: url, final_url, status, headers, preferences, retrieved, sha256, bytes.

    `pin` is what the caller said identifies these bytes (a commit, a digest of a catalogue row), or None.
    """

    path: Path
    facts: Mapping[str, Any]
    pin: str | None = None

    def read(self) -> bytes:
        return self.path.read_bytes()

    @property
    def sha256(self) -> str:
        return str(self.facts["sha256"])

    @property
    def size(self) -> int:
        return int(self.facts["bytes"])


class HttpCache:
    """One body per slot, replaced as a whole. Safe for several threads and processes: the last writer wins."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._bodies, self._notes = folder / "bodies", folder / "notes"
        self._bodies.mkdir(parents=True, exist_ok=True)
        self._notes.mkdir(exist_ok=True)

    def get(self, slot: str) -> Fetched | None:
        """The body held for a slot; None where there is none, or where the disk no longer has what was put there."""
        try:
            note = json.loads(self._note(slot).read_bytes())
            path = self._body(slot, note["facts"]["sha256"])
            with path.open("rb") as body:
                intact = hashlib.file_digest(body, "sha256").hexdigest() == note["facts"]["sha256"]
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None
        return Fetched(path, note["facts"], note["pin"]) if intact else None

    def put(self, slot: str, chunks: Iterable[bytes], facts: Mapping[str, Any], pin: str | None) -> Fetched:
        """Write a body as it arrives. Nothing is visible in the slot until the last chunk is on disk."""
        before = self.get(slot)
        sha256, size = hashlib.sha256(), 0
        handle, name = tempfile.mkstemp(dir=self.folder, prefix="arriving-")
        try:
            with os.fdopen(handle, "wb") as body:
                for chunk in chunks:
                    body.write(chunk)
                    sha256.update(chunk)
                    size += len(chunk)
            path = self._body(slot, sha256.hexdigest())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        fetched = Fetched(path, {**facts, "sha256": sha256.hexdigest(), "bytes": size}, pin)
        self._write_note(slot, fetched)
        if before is not None and before.path != path:
            before.path.unlink(missing_ok=True)
        return fetched

    def pin(self, slot: str, fetched: Fetched, pin: str | None) -> Fetched:
        """Note that these bytes are what `pin` identifies."""
        pinned = Fetched(fetched.path, fetched.facts, pin)
        self._write_note(slot, pinned)
        return pinned

    def forget(self, slot: str) -> None:
        """Drop what a slot holds, e.g. because it turned out to be damaged."""
        held = self.get(slot)
        self._note(slot).unlink(missing_ok=True)
        if held is not None:
            held.path.unlink(missing_ok=True)

    def _note(self, slot: str) -> Path:
        return self._notes / f"{_name(slot)}.json"

    def _body(self, slot: str, sha256: str) -> Path:
        return self._bodies / f"{_name(slot)}-{sha256[:16]}"

    def _write_note(self, slot: str, fetched: Fetched) -> None:
        handle, name = tempfile.mkstemp(dir=self.folder, prefix="arriving-")
        with os.fdopen(handle, "w", encoding="utf-8") as note:
            json.dump({"slot": slot, "pin": fetched.pin, "facts": dict(fetched.facts)}, note, sort_keys=True)
        os.replace(name, self._note(slot))


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Lets one thread or process at a time do what is done once per cache folder. Not reentrant."""
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _name(slot: str) -> str:
    return hashlib.sha256(slot.encode()).hexdigest()[:40]
