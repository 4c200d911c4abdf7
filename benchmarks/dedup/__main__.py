"""All tables of duplicates and shards, then how many of their lines met their target.

    make bench-dedup

Runs each benchmark in a process of its own, one after the other, and prints what it prints. A line whose last word is `pass`
or `FAIL` has a target. Exits 1 where one failed, or a benchmark did not come to its end.
"""

import subprocess
import sys
from dataclasses import dataclass, field

from pile_assets.deployment import PROJECT

PEERS = ".venv-bench/bin/python"
BENCHMARKS = (
    (PEERS, "benchmarks.dedup.signatures"),
    (PEERS, "benchmarks.dedup.clusters"),
    (PEERS, "benchmarks.dedup.cores"),
    (sys.executable, "benchmarks.dedup_scale"),
    (sys.executable, "benchmarks.shard_bytes"),
)


@dataclass
class Tally:
    """Lines with a target, and benchmarks that broke off."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def count(self, line: str) -> None:
        words = line.split()
        if words[-1:] == ["pass"]:
            self.passed += 1
        elif words[-1:] == ["FAIL"]:
            self.failed.append(" ".join(words))

    def run(self, python: str, module: str) -> None:
        before = len(self.failed)
        with subprocess.Popen([python, "-m", module], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                self.count(line)
        if process.returncode and len(self.failed) == before:
            self.failed.append(f"{module} ended with {process.returncode}")


def main() -> int:
    tally = Tally()
    for python, module in BENCHMARKS:
        print(f"== {module}", flush=True)
        tally.run(python, module)
        print()
    print(f"{tally.passed} lines passed, {len(tally.failed)} failed.")
    for line in tally.failed:
        print(f"  {line}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
