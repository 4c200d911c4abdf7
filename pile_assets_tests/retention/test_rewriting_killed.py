"""A purge that is killed while it writes releases anew, and run again, leaves what one leaves that was let be."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pile_assets.build import build
from pile_assets.release import history
from pile_assets.retention import erasure
from pile_assets.store import Store
from pile_assets.withdrawal import purge
from pile_assets_tests.deployments import Corpus
from pile_assets_tests.release import released
from pile_assets_tests.retention.published import GONE, LATER, contents, grant, purged
from pile_assets_tests.test_cli_takedown import files_with


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Writes:
    """How many files and folders got or lost their name, and how many of them before and with the erasing of older files."""

    happened: int = 0
    before_erasing: int = 0
    with_erasing: int = 0


@contextmanager
def ending_before(write: int) -> Iterator[Writes]:
    """End before this write, counted from 0; -1 for never."""
    counted = Writes()

    def counting(real: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if counted.happened == write:
                raise Killed
            counted.happened += 1
            return real(*arguments, **named)

        return call

    def erase(*arguments: Any) -> erasure.Erased:
        counted.before_erasing = counted.happened
        done = real_erase(*arguments)
        counted.with_erasing = counted.happened
        return done

    real_erase = erasure.erase
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(erasure, "erase", erase)
        for owner, name in ((os, "replace"), (os, "link"), (shutil, "rmtree"), (Path, "rename"), (Path, "unlink")):
            patched.setattr(owner, name, counting(getattr(owner, name)))
        yield counted


POINTS = int(os.environ.get("PILE_KILLS", "2"))
"""At how many of the writes a purge is killed, spread over the erasing of older files, where releases take one another's place,
and as many over all the rest; each is run again, which takes seconds. `make kills` kills at more."""


def spread(first: int, end: int) -> list[int]:
    """`POINTS` of the writes from `first` to `end`, in the middle of equal stretches."""
    return sorted({first + (end - first) * (2 * point + 1) // (2 * POINTS) for point in range(POINTS)})


def test_killed_before_any_write_and_run_again_it_leaves_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    grant(corpus, 1, GONE)
    assert not build(corpus.deployment.open(today=LATER), discover=False).failed
    kept = tmp_path / "kept"
    shutil.copytree(corpus.home, kept)
    with ending_before(-1) as whole:
        purged(corpus)
    assert not build(corpus.deployment.open(today=LATER), discover=False).failed  # the release that tells of it
    expected, order = contents(corpus.home / "releases"), history.read(Store(corpus.home))
    assert whole.happened - whole.before_erasing > 60
    for write in sorted({*spread(whole.before_erasing, whole.with_erasing), *spread(0, whole.happened)}):
        shutil.rmtree(corpus.home)
        shutil.copytree(kept, corpus.home)
        with pytest.raises(Killed), ending_before(write):
            purge.run(corpus.deployment.open(today=LATER))
        again_on = LATER + timedelta(days=40) if whole.before_erasing <= write < whole.with_erasing else LATER
        session = corpus.deployment.open(today=again_on)
        assert purge.due(session.vault, session.view), write
        assert purge.run(session).proven
        assert not build(corpus.deployment.open(today=LATER), discover=False).failed
        assert contents(corpus.home / "releases") == expected, write
        assert history.read(Store(corpus.home)) == order, write
        assert list(files_with(corpus.home, released.SECRET)) == [], write
