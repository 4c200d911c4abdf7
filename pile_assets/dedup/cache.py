"""The engine's folder: which files make up its state, and the one write that makes another state the current one.

    lock                    held by whoever works in the folder
    state.json              the commit point: code version, members, runs, and how long each column is
    <g>.<column>            arrays that only grow, see `columns`; <g> is a number that no other file has had
    <g>.verdicts            what changes of every document, and the checksums of the columns; written anew each time

What belongs here: reading, committing and giving up a state. What may not: documents (`table`), runs (`index`), verdicts.

All of it is a cache. Whatever is missing, damaged or of another version raises Damaged, and everything is made again from
nothing. Columns are appended to, new files are written beside the old ones, then state.json is replaced: a process that
is killed between any two of these writes leaves the state before or the state after.
"""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from pile_assets.dedup.columns import Array, Damaged
from pile_assets.locks import hold
from pile_assets.store import canonical, write_atomically

STATE = "state.json"
LOCK = "lock"


class Folder:
    """The engine's folder, for the holder of its lock."""

    def __init__(self, path: Path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Work in the folder alone, when who works in it now has finished."""
        with hold(self.path / LOCK, "an update of duplicates", exclusive=True, wait=True):
            yield

    def generation(self) -> int:
        """A number that no file in the folder has."""
        taken = [int(head) for path in self.path.iterdir() if (head := path.name.partition(".")[0]).isdigit()]
        return max(taken, default=0) + 1

    def read(self, code: str) -> dict[str, Any]:
        """The committed state; raises Damaged where there is none that this code can use."""
        try:
            content = (self.path / STATE).read_bytes()
            record = json.loads(content)
            body = record["state"]
            whole = xxhash.xxh3_128_hexdigest(canonical(body)) == record["sum"]
        except FileNotFoundError as error:
            raise Damaged("nothing was kept") from error
        except (ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{STATE} cannot be read") from error
        if not whole:
            raise Damaged(f"{STATE} has other bytes than were written")
        if body["code"] != code:
            raise Damaged("it was kept by another version of the code")
        return dict(body)

    def commit(self, body: Mapping[str, Any]) -> None:
        """Make this state the current one, then remove what it does not name."""
        record = {"state": dict(body), "sum": xxhash.xxh3_128_hexdigest(canonical(dict(body)))}
        write_atomically(self.path / STATE, canonical(record))
        self.sweep(body)

    def sweep(self, body: Mapping[str, Any]) -> None:
        """Remove what the committed state does not name."""
        named = {STATE, LOCK, body["verdicts"]["name"], *body["columns"]}
        for path in sorted(self.path.iterdir()):
            if path.name not in named and path.is_file():
                remove(path)

    # -- arrays that are written anew ------------------------------------------------------------------------------

    def write_arrays(self, name: str, arrays: Mapping[str, Array]) -> dict[str, Any]:
        """Write arrays to a new file; returns what `read_arrays` needs."""
        buffer = io.BytesIO()
        for array_name in sorted(arrays):
            np.save(buffer, arrays[array_name], allow_pickle=False)
        content = buffer.getbuffer()
        write_new(self.path / name, content)
        return {"name": name, "sum": xxhash.xxh3_128_hexdigest(content), "arrays": sorted(arrays)}

    def read_arrays(self, written: Mapping[str, Any]) -> dict[str, Array]:
        """The arrays of `write_arrays`; raises Damaged where the file is gone or has other bytes."""
        try:
            content = (self.path / written["name"]).read_bytes()
        except FileNotFoundError as error:
            raise Damaged(f"{written['name']} is missing") from error
        if xxhash.xxh3_128_hexdigest(content) != written["sum"]:
            raise Damaged(f"{written['name']} has other bytes than were written")
        buffer = io.BytesIO(content)
        return {name: np.load(buffer, allow_pickle=False) for name in written["arrays"]}


def write_new(path: Path, content: Any) -> None:
    """Write a file that no committed state names."""
    path.write_bytes(content)


def remove(path: Path) -> None:
    """Remove a file that no committed state names."""
    path.unlink(missing_ok=True)
