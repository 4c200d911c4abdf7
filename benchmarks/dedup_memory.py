"""Memory and time of `pile dedup run` over synthetic short documents, from the command line to its end.

    python -m benchmarks.dedup_memory [DOCUMENTS]

A fifth of the documents share their text with others but for two words. *Anonymous* is what the process holds beside mapped
files (RssAnon), the greatest of samples every 20 ms; files that are mapped lie in the page cache, which the system takes back
where it needs it, and so do signatures, 448 bytes for each document. The figures include Python and all libraries; the line
*libraries* is a run over one document. Times are of the wall, reading and signing included.
"""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DOCUMENTS, INPUTS, WORDS, VOCABULARY = 200_000, 8, 60, 20_000
TAKEN = 2_000
"""Lines taken out of the first input for the last run."""
SEED = 20261126
SIGNATURE_BYTES = 448


@dataclass(frozen=True)
class Spent:
    """What a run took, and how many verdicts it looked for."""

    anonymous: float  # MB
    seconds: float
    evaluated: int


def publish(folder: Path, count: int) -> int:
    """Write the inputs; returns their bytes."""
    draw, words = np.random.default_rng(SEED), [f"w{number}" for number in range(VOCABULARY)]
    for number in range(INPUTS):
        with open(folder / f"{number}.jsonl", "w") as lines:
            for document in range(count * number // INPUTS, count * (number + 1) // INPUTS):
                seed = draw.integers(0, max(1, count // 100)) if draw.random() < 0.2 else draw.integers(1 << 40)
                chosen = np.random.default_rng(int(seed)).integers(0, VOCABULARY, WORDS)
                chosen[draw.integers(0, WORDS, 2)] = draw.integers(0, VOCABULARY, 2)
                text = " ".join(words[word] for word in chosen)
                lines.write(json.dumps({"id": f"document-{document:08d}", "text": text}) + "\n")
    return sum(path.stat().st_size for path in folder.iterdir())


def run(inputs: Path, out: Path) -> Spent:
    """One run, with one worker, watched from outside."""
    words = [
        sys.executable,
        "-m",
        "pile_assets.cli",
        "dedup",
        "run",
        str(inputs),
        "--out",
        str(out),
        "--workers",
        "1",
        "--json",
    ]
    begun, most = time.perf_counter(), 0.0
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, _anonymous(process.pid))
            time.sleep(0.02)
        assert process.stdout
        done = json.loads(process.stdout.read())
    return Spent(most, time.perf_counter() - begun, done["evaluated"])


def _anonymous(process: int) -> float:
    """MB; 0 where the process has just ended."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("RssAnon")), 0.0)


def main(count: int = DOCUMENTS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        one, inputs, out = (Path(folder) / name for name in ("one", "inputs", "out"))
        one.mkdir()
        inputs.mkdir()
        (one / "one.jsonl").write_text('{"id": "one", "text": "a text of a few words"}\n')
        size = publish(inputs, count)
        print(
            f"{count:,} documents of {WORDS} words: {size / 1e6:.0f} MB, {count * SIGNATURE_BYTES / 1e6:.0f} MB of signatures\n"
        )
        print(f"{'':28} {'anonymous MB':>13} {'seconds':>8} {'verdicts looked for':>20}")
        _print("libraries", run(one, Path(folder) / "of-one"))
        _print("from nothing", run(inputs, out))
        _print("again, nothing changed", run(inputs, out))
        first = inputs / "0.jsonl"
        first.write_text("".join(f"{line}\n" for line in first.read_text().splitlines()[TAKEN:]))
        _print(f"without {TAKEN:,} documents", run(inputs, out))


def _print(what: str, spent: Spent) -> None:
    print(f"{what:28} {spent.anonymous:13.0f} {spent.seconds:8.1f} {spent.evaluated:20,}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
