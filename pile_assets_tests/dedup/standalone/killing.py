"""`pile dedup run` in processes of its own that are killed without warning, and what they leave in the end.

What belongs here: inputs to work on for a second or two, and when processes die. What may not: what is expected of the results.
"""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from pile_assets_tests.commands import PROJECT
from pile_assets_tests.dedup.corpora import text

COMMAND = (sys.executable, "-m", "pile_assets.cli")
DYING = (
    sys.executable,
    "-c",
    """
import os, signal, sys
from pile_assets import store
from pile_assets.cli import main

last, publish = int(sys.argv.pop(1)), store.publish

def dying(temporary, final):
    global last
    last -= 1
    if last < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    publish(temporary, final)

store.publish = dying
main()
""",
)
"""The same command, of which the next word says after how many files that got their name it is killed."""
NAMES = tuple(f"{number}.jsonl" for number in range(8))
DOCUMENTS = 700


def publish(folder: Path, seed: int, names: Sequence[str] = NAMES) -> None:
    """Write inputs, a third of whose documents resemble others, or are the same; with a broken line each."""
    folder.mkdir(exist_ok=True)
    for name in names:
        chosen = random.Random(f"{seed} {name}")
        lines = ["{broken"]
        for number in range(DOCUMENTS):
            of = chosen.randrange(40) if chosen.random() < 0.3 else chosen.randrange(10**9)
            content = text(of, chosen.randrange(4), 60)
            lines.append(json.dumps({"id": f"{name}-{number}", "text": content}))
        (folder / name).write_text("".join(f"{line}\n" for line in lines))


def results(out: Path) -> dict[str, bytes]:
    """All files but those that only save time."""
    files = [path.relative_to(out) for path in out.rglob("*") if path.is_file()]
    return {path.as_posix(): (out / path).read_bytes() for path in files if path.parts[0] not in ("cache", "locks")}


def start(folder: Path, out: Path, command: Sequence[str] = COMMAND) -> subprocess.Popen[bytes]:
    words = [*command, "dedup", "run", str(folder), "--out", str(out)]
    return subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(folder: Path, out: Path, command: Sequence[str] = COMMAND) -> float:
    """Run to the end; returns the seconds it worked on its folder."""
    process = start(folder, out, command)
    _wait_for_work(process, out)
    begun = time.monotonic()
    _, errors = process.communicate()
    if process.returncode != 3:  # 3 since lines are broken
        raise AssertionError(f"the command ended with {process.returncode}: {errors.decode()}")
    return time.monotonic() - begun


def _wait_for_work(process: subprocess.Popen[bytes], out: Path) -> None:
    """Until a process works on its folder: before that it only imports, and killing it proves nothing."""
    lock = out / "locks" / "store"
    before = _stamp(lock)
    while process.poll() is None and _stamp(lock) == before:
        time.sleep(0.002)


def _stamp(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


def kill_at_random(folder: Path, out: Path, seed: int, kills: int, seconds: float) -> Iterator[dict[str, bytes]]:
    """Run and kill, so many times, each time going on from what was left, then to the end; yields the results of every run that
    came to its end. Where one does so before it is killed, the next begins with what `out` held at first.

    `seconds` are those that a run works: moments are drawn from the first four fifths, since a run may be quicker.
    """
    chosen, killed = random.Random(f"kills {seed}"), 0
    beginning = out.with_name(f"{out.name}-beginning")
    out.mkdir(exist_ok=True)
    shutil.copytree(out, beginning)
    while killed < kills:
        process = start(folder, out)
        _wait_for_work(process, out)
        time.sleep(chosen.uniform(0, 0.8 * seconds))
        process.kill()
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            killed += 1
        else:
            yield results(out)
            shutil.rmtree(out)
            shutil.copytree(beginning, out)
    finish(folder, out)
    shutil.rmtree(beginning)
    yield results(out)
