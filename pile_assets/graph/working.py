"""Opening the deployment for one piece of work: the locks, and telling whether a piece of work is being done.

What belongs here: the two locks that every run holds, shared or alone. What may not: the work itself.

A run shares the store with other runs and never with `pile build`; of one piece of work (a source's chain, `dedup`, a
domain) there is one run at a time. The second lock is also what tells a run that lives from one whose machine stopped:
Dagster calls both started.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pile_assets.deployment import Deployment, Session
from pile_assets.errors import Busy
from pile_assets.store import FILES_LOCK, Store

Say = Callable[[str], object]

LOOK_SECONDS = 0.2
"""Between two looks whether the store is free."""


@contextmanager
def working(work: str, say: Say | None = None) -> Iterator[Session]:
    """A session for doing `work` alone, opened once nobody else is at it, so that it sees what they did.

    Where the work is taken, waits after a word through `say`; without `say`, raises Busy.
    """
    deployment = Deployment.from_environment()
    store = Store(deployment.home)
    with ExitStack() as held:
        _take(held, store, f"another run of {work}", lock_name(work), say, exclusive=True)
        _take(held, store, f"a run of {work}", "store", say, exclusive=False)
        yield deployment.open()


@contextmanager
def alone(work: str, patience_seconds: float) -> Iterator[Store]:
    """The store for doing `work` while no other run is at any and nobody reads its files. Runs overlap, so a moment between
    them is looked for; raises Busy where none comes."""
    store = Store(Deployment.from_environment().home)
    deadline = time.monotonic() + patience_seconds
    with store.lock(f"another run of {work}", exclusive=True, name=lock_name(work)), ExitStack() as held:
        while True:
            try:
                with ExitStack() as taken:
                    taken.enter_context(store.lock(work, exclusive=True))
                    taken.enter_context(store.lock(work, exclusive=True, name=FILES_LOCK))
                    held.push(taken.pop_all())
                break
            except Busy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)
        yield store


def _take(held: ExitStack, store: Store, purpose: str, name: str, say: Say | None, *, exclusive: bool) -> None:
    try:
        held.enter_context(store.lock(purpose, exclusive=exclusive, name=name))
    except Busy as busy:
        if say is None:
            raise
        say(f"{busy.cause} This run waits until it has finished.")
        held.enter_context(store.lock(purpose, exclusive=exclusive, name=name, wait=True))


def lock_name(work: str) -> str:
    """The name of the lock of a piece of work."""
    return work.replace("/", "-")


def at_work(store: Store, work: str) -> bool:
    """Whether a living process is doing this piece of work."""
    return _held(store, lock_name(work))


def building(store: Store) -> bool:
    """Whether `pile build` has the store for itself."""
    return _held(store, "store")


def _held(store: Store, name: str) -> bool:
    try:
        with store.lock("a look", exclusive=False, name=name):
            return False
    except Busy:
        return True
