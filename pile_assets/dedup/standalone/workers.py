"""Where inputs are read and signed: in threads of this process, or where there is much to do, in processes of their own.

What belongs here: starting them, and ending them with the process they work for. What may not: the work (`run`).

Lines are parsed under the GIL, so that a second thread brings half of what a second core could, and a tenth one nothing.
Processes share nothing, but take about a second to start. This process is the first worker: it works while they do.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection
from typing import TypeVar

from pile_assets.dedup.standalone.signing import Input

PROCESSES_FROM = 256 * 1024 * 1024
"""Bytes of input, as they lie on the disk, from which processes are worth their start: measured with two of them."""

Result = TypeVar("Result")


class Workers:
    """Threads, each of which does an input itself or waits for the process that does it."""

    def __init__(self, workers: int, processes: ProcessPoolExecutor | None):
        self._threads, self._processes, self._here = ThreadPoolExecutor(workers), processes, threading.Lock()

    def map(self, work: Callable[[Input], Result], inputs: Sequence[Input]) -> Iterator[Result]:
        """What the work gives for each input, in their order. It must be a function that a process can be sent."""
        return self._threads.map(partial(self._somewhere, self._processes, work) if self._processes else work, inputs)

    def _somewhere(self, others: ProcessPoolExecutor, work: Callable[[Input], Result], given: Input) -> Result:
        """In this process if it has nothing to do, else in one of the others: there is one for each other thread."""
        if not self._here.acquire(blocking=False):
            return others.submit(work, given).result()
        try:
            return work(given)
        finally:
            self._here.release()

    def close(self, wait: bool) -> None:
        """Begin no further input, and let those under way come to their end. `wait` also for the processes to be gone."""
        self._threads.shutdown(cancel_futures=True)
        if self._processes is not None:
            self._processes.shutdown(wait=wait, cancel_futures=True)


@contextmanager
def pool(workers: int, inputs: Sequence[Input]) -> Iterator[Workers]:
    """So many workers for these inputs. What is interrupted or has failed begins no further input.

    Where all went well, processes end by themselves: they have nothing left to write, and take a quarter of a second for it.
    """
    made = Workers(workers, _processes(workers, inputs))
    try:
        yield made
    except BaseException:
        made.close(wait=True)
        raise
    made.close(wait=False)


def _processes(workers: int, inputs: Sequence[Input]) -> ProcessPoolExecutor | None:
    """One less than there are workers, where there is so much to do; else none."""
    others = min(workers, len(inputs)) - 1
    if others < 1 or sum(map(_size, inputs)) < PROCESSES_FROM:
        return None
    spawn = multiprocessing.get_context("spawn")  # a fork would copy the locks of Polars' threads, and not the threads
    return ProcessPoolExecutor(others, mp_context=spawn, initializer=_begin)


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
