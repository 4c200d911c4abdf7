"""Killing builds: at random moments of a script, and at every point between two writes of an operation.

What belongs here: processes, when they die, and what is compared afterwards. What may not: operations and what is current.
"""

import multiprocessing
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from pile_assets_tests.commands import PROJECT
from pile_assets_tests.random_ops.operations import Operation
from pile_assets_tests.random_ops.playing import Game, current, play_and_count, play_and_die

Say = Callable[[str], object]

_PLAYERS = multiprocessing.get_context("forkserver")
"""Processes forked from one that has imported what it can and done nothing, see `warm`: all are born the same."""
_PLAYERS.set_forkserver_preload(["pile_assets_tests.random_ops.warm"])


# -- at random moments -------------------------------------------------------------------------------------------------


def kill_at_random(game: Game, seed: int, count: int, kills: int, say: Say) -> int:
    """Play the script of a seed in processes that are killed without warning, so many times, then to the end.

    Kills lie all along the script, however fast the machine is: a life is some operations and a stretch of another, no longer
    than they have lately taken. Returns how many were alive when they were killed.
    """
    chosen, killed = random.Random(f"kills {seed}"), 0
    taken = [0.2]  # seconds of each operation seen to its end
    while killed < kills and game.done < count:
        player = _player(game.root, seed, count)
        share = (count - game.done) / (kills - killed + 1)  # one is left for the player that is not killed
        whole = chosen.uniform(0, 2 * share - 0.5)  # a life does half an operation in vain
        taken += _live(player, int(whole))
        time.sleep((whole % 1) * statistics.median(taken[-20:]))
        player.kill()
        player.communicate()
        killed += player.returncode == -signal.SIGKILL
        if killed % 10 == 0:
            say(f"killed {killed} times, {game.done} operations done")
    player = _player(game.root, seed, count)
    output, _ = player.communicate()
    if player.returncode != 0:
        raise AssertionError(f"the last player failed: {output}")
    return killed


def _live(player: subprocess.Popen[str], whole: int) -> list[float]:
    """Wait until an operation has begun after so many whole ones, and say how long each of these took."""
    assert player.stdout
    begins = [time.monotonic() for _ in range(whole + 1) if player.stdout.readline()]
    return [end - begin for begin, end in pairwise(begins)]


def _player(root: Path, seed: int, count: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "pile_assets_tests.random_ops", "play", str(root), str(seed), str(count)]
    return subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True)


# -- between two writes --------------------------------------------------------------------------------------------------


def kill_at_every_write(game: Game, first: int, every: int, say: Say) -> Iterator[tuple[Operation, int, list[str]]]:
    """For each operation from `first` on, and each n-th of its writes: (operation, write, what came out differently).

    The corpus is put back as it was before the operation, a process is killed before the write, and this one finishes.
    """
    before, count = game.root.with_name("before"), game.root.with_name("writes")
    game.play(first)
    for number, operation in list(enumerate(game.operations))[first:]:
        _replace(game.root, before)
        _in_process(play_and_count, game, number + 1, count)
        whole, writes = current(game.root / "home"), int(count.read_text())
        after = game.root.with_name("after")
        _replace(game.root, after)
        say(f"{operation}: {writes} writes")
        for at in range(every // 2 % writes, writes, every):
            _replace(before, game.root)
            if _in_process(play_and_die, game, number + 1, at, may_die=True) != -signal.SIGKILL:
                raise AssertionError(f"{operation} was over before its write {at}")
            game.play(number + 1)
            again = current(game.root / "home")
            yield operation, at, sorted(name for name in whole.keys() | again.keys() if whole.get(name) != again.get(name))
        _replace(after, game.root)


def _replace(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def _in_process(work: Callable[..., object], *arguments: object, may_die: bool = False) -> int | None:
    process = _PLAYERS.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0 and not may_die:
        raise AssertionError(f"a process that was to finish ended with {process.exitcode}")
    return process.exitcode


def every_kind() -> Sequence[Operation]:
    """Three operations to begin with, then one of each kind, so that there is something for each to do."""
    lines = tuple((f"d{i}", i, 0, "CC0-1.0") for i in range(4))
    twins = tuple((f"d{i}", i, i % 2, "MIT") for i in range(3))
    taken = {"source": "fables", "partition": "a", "number": 1, "document": "fables:a/d1"}
    return (
        Operation("publish", "fables", "a", lines),
        Operation("publish", "songs", "b", twins),
        Operation("publish", "tales", "c", (("d0", 9, 0, "CC-BY-SA-4.0"),)),
        Operation("publish", "fables", "a", (*lines[:3], ("d3", 7, 2, "MIT"))),
        Operation("publish", "tales", "c", (("d0", 9, 0, "CC0-1.0"),)),  # relicensed as a whole: waits for a reviewer
        Operation("withdraw", "songs", "b"),
        Operation("publish", "songs", "b", twins),
        Operation("take down", **taken),  # type: ignore[arg-type]
        Operation("purge", "fables", "a", document="fables:a/d1"),
        Operation("undo", **taken),  # type: ignore[arg-type]
        Operation("policy", number=600),
        Operation("switch", "tales", number=0),
        Operation("collect"),
    )


BEGINNING = 3
"""How many of these only prepare; the short form does not kill in them."""
