"""Processes that die while they write the engine's folder: every write is counted, and one of them is the last."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from pile_assets import store
from pile_assets.dedup import cache
from pile_assets.dedup.columns import Column


class Crash(BaseException):
    """Nothing after it runs: no handler of the product catches it."""


class Writes:
    """How many there have been; raises Crash at the one with the number `last`, which is half done where `torn`."""

    def __init__(self, last: int | None, torn: bool):
        self.count, self.last, self.torn = 0, last, torn

    def counted(self, write: Callable[..., Any], half: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            self.count += 1
            if self.count - 1 == self.last:
                if self.torn:
                    half(*arguments, **options)
                raise Crash(write.__name__)
            return write(*arguments, **options)

        return run


@contextmanager
def crash_at(last: int | None, *, torn: bool = False) -> Iterator[Writes]:
    """Let the write with this number, from 0, be the last; None only counts.

    Torn, a file is left half written, and what is atomic is whole although nobody was told.
    """
    writes = Writes(last, torn)
    append, extend, create, cut = Column.append, Column.extend, Column.create, Column.cut
    write_new, write_atomically, remove = cache.write_new, store.write_atomically, cache.remove
    with (
        patch.object(Column, "append", writes.counted(append, lambda column, rows: append(column, rows[: len(rows) // 2]))),
        patch.object(Column, "extend", writes.counted(extend, extend)),
        patch.object(Column, "create", writes.counted(create, create)),
        patch.object(Column, "cut", writes.counted(cut, cut)),
        patch.object(
            cache, "write_new", writes.counted(write_new, lambda p, content: write_new(p, content[: len(content) // 2]))
        ),
        patch.object(cache, "write_atomically", writes.counted(write_atomically, write_atomically)),
        patch.object(cache, "remove", writes.counted(remove, remove)),
    ):
        yield writes
