"""What a second core brings, and what a new process waits for.

    .venv-bench/bin/python -m benchmarks.dedup.cores

Run by `make bench-dedup`. Wall time: only meaningful on a machine that does nothing else.
"""

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.dedup import measure
from benchmarks.dedup.corpus import corpus, describe, write_jsonl

SCALING = 1.7
START_SECONDS = 1.0
ROUNDS = 7
FILE_ROUNDS = 3  # each takes a minute

FILES, TIMES = 16, 12
"""How many files, and how often each holds the corpus: so much that a worker process is worth its start, timed with it."""


def sign_files(sources: list[Path], workers: int) -> None:
    from pile_assets.dedup.standalone.reading import Columns
    from pile_assets.dedup.standalone.run import Results, sign_all
    from pile_assets.dedup.standalone.signing import Input

    with tempfile.TemporaryDirectory() as out:
        inputs = [Input(source.name, source) for source in sources]
        _, signed = sign_all(Results(Path(out)), inputs, Columns(), workers, lambda what, done, total: None)
        assert signed == len(inputs), "nothing was signed"


def hash_alone(buffers: list[bytes], threads: int) -> None:
    """Work of which no part waits for another thread: what a second core of this machine can bring just now."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda buffer: hashlib.sha256(buffer).digest(), buffers))


def scaling() -> None:
    from pile_assets.dedup.signatures import sign_texts

    made = corpus(4_000, 0)
    texts = [text.encode() for text in made.texts] * 4
    whole = b"".join(texts)
    buffers = [whole] * 4
    with tempfile.TemporaryDirectory() as folder:
        sources = [Path(folder) / f"{number}.jsonl.gz" for number in range(FILES)]
        write_jsonl(made.texts * TIMES, sources[0])
        for source in sources[1:]:
            shutil.copy(sources[0], source)
        measured = {
            "text in memory": measure.interleaved(
                {"1": lambda: sign_texts(texts, 1), "2": lambda: sign_texts(texts, 2)}, ROUNDS
            ),
            "jsonl.gz to file, one worker a file": measure.interleaved(
                {"1": lambda: sign_files(sources, 1), "2": lambda: sign_files(sources, 2)}, FILE_ROUNDS
            ),
        }
        control = measure.interleaved({"1": lambda: hash_alone(buffers, 1), "2": lambda: hash_alone(buffers, 2)}, ROUNDS)
    print(f"Two cores: signatures, wall time, {len(os.sched_getaffinity(0))} cores here; each document several times")
    print(f"  {describe(made)}")
    print(f"  {'':44}{'1: wall s':>10}{'2: wall s':>10}{'ratio':>8}{'target':>8}")
    for name, spent in measured.items():
        ratio, line = scaled(name, spent)
        print(f"{line}{SCALING:8.1f}  {measure.verdict(ratio >= SCALING)}")
    print(f"{scaled('SHA-256 of the same, nothing shared', control)[1]}       -")
    print("  Left out: start and imports, compiling. The second worker's start is in; its end, 0.25 s, nobody waits for.")
    print("  The last line is what the machine allows: less than 2 where it is busy.")


def scaled(name: str, spent: dict[str, list[measure.Spent]]) -> tuple[float, str]:
    ratio = measure.ratio(spent["1"], spent["2"], lambda each: each.wall)
    one, two = (statistics.median(each.wall for each in spent[cores]) for cores in "12")
    return ratio, f"  {name:44}{one:10.3f}{two:10.3f}{ratio:8.2f}"


def start(code: str, environment: dict[str, str]) -> measure.Spent:
    """What a new process spends that runs some code."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=os.environ | environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return measure.Spent(cpu, time.perf_counter() - began)


SIGN_ONE = "from pile_assets.dedup.signatures import sign_texts; assert sign_texts([b'a b c d e f']).shingles[0] == 2"


def starting() -> None:
    with tempfile.TemporaryDirectory() as empty:
        first = start(SIGN_ONE, {"NUMBA_CACHE_DIR": empty})
    bare = [start("", {}) for _ in range(5)]
    found = [start(SIGN_ONE, {}) for _ in range(5)]
    wall = statistics.median(each.wall for each in found)
    print("Start of a process")
    print(f"  {'':44}{'CPU s':>10}{'wall s':>10}{'':8}{'target':>8}")
    print(f"  {'Python alone':44}{measure.cpu(bare):10.2f}{statistics.median(each.wall for each in bare):10.2f}{'':15}-")
    met = measure.verdict(measure.cpu(found) < START_SECONDS)
    print(
        f"  {'signs a text, compiled code on disk':44}{measure.cpu(found):10.2f}{wall:10.2f}{'':8}{START_SECONDS:8.1f}  {met}"
    )
    print(f"  {'the first time, with compiling':44}{first.cpu:10.2f}{first.wall:10.2f}{'':15}-")
    print(
        "  Medians of 5, the first time apart. The target is of CPU time: on a machine without other work it is the wall time."
    )


def main() -> None:
    scaling()
    print()
    starting()
    measure.finish()


if __name__ == "__main__":
    main()
