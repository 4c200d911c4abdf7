"""Where inputs are read and signed: in threads of this process, or where there is much to do, in processes of their own.

What belongs here: starting them, and ending them with the process they work for. What may not: the work (`run`).

Lines are parsed under the GIL, so that a second thread brings half of what a second core could, and a tenth one nothing.
Processes share nothing, but take about a second to start.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection

from pile_assets.dedup.standalone.signing import Input

PROCESSES_FROM = 256 * 1024 * 1024
"""Bytes of input, as they lie on the disk, from which processes are worth their start: measured with two of them."""


@contextmanager
def pool(workers: int, inputs: Sequence[Input]) -> Iterator[Executor]:
    """So many workers for these inputs. What is interrupted or has failed begins no further input."""
    executor = _executor(workers, inputs)
    try:
        yield executor
    finally:
        executor.shutdown(cancel_futures=True)


def _executor(workers: int, inputs: Sequence[Input]) -> Executor:
    if min(workers, len(inputs)) < 2 or sum(map(_size, inputs)) < PROCESSES_FROM:
        return ThreadPoolExecutor(workers)
    spawn = multiprocessing.get_context("spawn")  # a fork would copy the locks of Polars' threads, and not the threads
    return ProcessPoolExecutor(min(workers, len(inputs)), mp_context=spawn, initializer=_begin)


def _size(given: Input) -> int:
    try:
        return given.path.stat().st_size
    except OSError:
        return 0  # whoever reads it says why it cannot be read


def _begin() -> None:
    """End with the parent, however that ends: the folder is its to write to. An interrupt is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
