"""Locks between processes: files that are held, shared or alone, as long as the process lives.

What belongs here: holding one. What may not: which locks there are, and what they keep apart.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pile_assets.errors import Busy


@contextmanager
def hold(path: Path, purpose: str, *, exclusive: bool, wait: bool = False) -> Iterator[None]:
    """Hold a lock file; raises Busy, naming the holder, where another process has it and `wait` is False."""
    with open(path, "a+") as handle:
        mode = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(handle, mode)
        except BlockingIOError as error:
            handle.seek(0)
            raise Busy(
                f"The store is in use by {handle.read().strip() or 'a daemon run'}.",
                remedy="Wait until it has finished, or stop it; then try again.",
            ) from error
        if exclusive:
            handle.truncate(0)
            handle.write(f"{purpose} (process {os.getpid()})")
            handle.flush()
        try:
            yield
        finally:
            if exclusive:
                handle.truncate(0)
