"""`python -m pile_assets_tests.random_ops`: the long form, for `make random-ops`.

all [SEED [OPERATIONS [KILLS]]]    everything, with a line for each part and the exit code 1 if one fails
script [SEED [OPERATIONS [KILLS]]] the parts of the script alone: undisturbed, then killed at random moments
writes                             the last part alone: killed at every point between two writes
play ROOT SEED OPERATIONS          the rest of a script, in this process, to be killed
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pile_assets_tests.random_ops import killing
from pile_assets_tests.random_ops.operations import script
from pile_assets_tests.random_ops.playing import TEXTS, Game, current, judged, unlike
from pile_assets_tests.random_ops.texts import samples_unpacked


def say(line: str) -> None:
    print(line, flush=True)


def play(root: str, seed: str, count: str) -> int:
    Game(Path(root), script(int(seed), int(count), TEXTS)).play(say=say)
    return 0


def everything(seed: int = 1, count: int = 200, kills: int = 100) -> int:
    return max(randomly(seed, count, kills), writes())


def randomly(seed: int = 1, count: int = 200, kills: int = 100) -> int:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "corpus"  # the same for both: where files are published is part of what raw is made from
        parts = [_undisturbed(root, seed, count)]
        whole = current(root / "home")
        shutil.rmtree(root)
        parts.append(_killed(root, whole, seed, count, kills))
    return 0 if all(parts) else 1


def writes() -> int:
    with tempfile.TemporaryDirectory() as folder:
        return 0 if _every_write(Path(folder) / "corpus") else 1


def _undisturbed(root: Path, seed: int, count: int) -> bool:
    started = time.monotonic()
    root.mkdir(parents=True)
    game = Game(root, script(seed, count, TEXTS))
    game.play(say=lambda line: say(f"  {line}") if line.partition(" ")[0].endswith("0") else None)
    problems, again = judged(game.corpus)
    figures = f"{again.partitions} partitions, {again.manifests} manifests, {time.monotonic() - started:.0f} s"
    return _result(f"{count} operations of seed {seed}, then verify --rebuild ({figures})", problems)


def _killed(root: Path, undisturbed: dict[str, bytes], seed: int, count: int, kills: int) -> bool:
    started = time.monotonic()
    root.mkdir(parents=True)
    killed = killing.kill_at_random(Game(root, ()), seed, count, kills, lambda line: say(f"  {line}"))
    problems = [f"{name} is not as without kills" for name in unlike(undisturbed, current(root / "home"))]
    if killed < kills:
        problems.append(f"the script was over after {killed} kills")
    return _result(f"the same script, killed at {killed} random moments ({time.monotonic() - started:.0f} s)", problems)


def _every_write(root: Path) -> bool:
    started = time.monotonic()
    root.mkdir(parents=True)
    game = Game(root, killing.every_kind())
    points, problems = 0, []
    for operation, at, differing in killing.kill_at_every_write(game, 0, 1, lambda line: say(f"  {line}")):
        points += 1
        if differing:
            problems.append(f"{operation}, killed before write {at}: {', '.join(differing[:3])}")
    return _result(f"killed at every one of {points} points between two writes ({time.monotonic() - started:.0f} s)", problems)


def _result(what: str, problems: list[str]) -> bool:
    say(f"{'fail' if problems else 'pass'}: {what}")
    for problem in problems[:20]:
        say(f"  {problem}")
    return not problems


COMMANDS: dict[str, Callable[..., int]] = {
    "all": lambda *numbers: everything(*map(int, numbers)),
    "script": lambda *numbers: randomly(*map(int, numbers)),
    "writes": writes,
}


def main(command: str = "all", *arguments: str) -> int:
    if command == "play":  # of the texts that its parent plays with
        return play(*arguments)
    with samples_unpacked() as read:
        say(f"texts of {read}")
        return COMMANDS[command](*arguments)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
