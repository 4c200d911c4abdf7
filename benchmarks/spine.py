"""The embedded default from nothing, again unchanged, and after one distribution is installed.

    python -m benchmarks.spine

Prints wall and CPU seconds, peak memory and where the time went. Installation is left out; the store is a new folder
that is removed afterwards; the operating system's file cache is as the machine has it.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pile_assets.deployment import PROJECT
from pile_assets.state import Override, State
from pile_assets_tests.licensing import samples
from pile_assets_tests.sources.environments import Environment

TARGETS = {"first build": 120.0, "unchanged": 10.0, "one distribution installed": 20.0}
MEMORY_MB = 1536
DAGSTER_SECONDS = 25.0


@dataclass(frozen=True)
class Run:
    """One `pile build`: its own report and what the machine spent on it."""

    name: str
    wall: float
    cpu: float
    peak_mb: int
    report: dict[str, Any]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="pile-bench-") as folder:
        home, extra = Path(folder) / "home", Path(folder) / "installed-later"
        extra.mkdir()
        folders = sysconfig.get_paths()
        paths = [*dict.fromkeys((folders["purelib"], folders["platlib"])), str(extra)]
        State(home).save_override("python_distributions", Override(None, {"site_packages": paths}))
        runs = [build("first build", home), build("unchanged", home)]
        install(extra)
        runs.append(build("one distribution installed", home))
    print_table(runs)
    return 0 if all(verdict(run) for run in runs) else 1


def build(name: str, home: Path) -> Run:
    """Run `pile build --json` in a process of its own. Peak memory is that of the largest child so far."""
    environment = os.environ | {"PILE_HOME": str(home), "DAGSTER_HOME": str(home / "dagster")}
    (home / "dagster").mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "dagster.yaml", home / "dagster")
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pile_assets.cli", "build", "--json"], env=environment, stdout=subprocess.PIPE, check=False
    )
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):
        sys.exit(f"{name}: pile build ended with {done.returncode}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(name, wall, cpu, after.ru_maxrss // 1024, json.loads(done.stdout))


def install(site_packages: Path, modules: int = 40) -> None:
    """Put a small MIT-licensed distribution in place, as an installer would: files, METADATA, licence, RECORD."""
    files: dict[str, str | bytes] = {}
    for number in range(modules):
        body = "\n".join(f"def step_{number}_{i}(value):\n    return value * {i} + {number}\n" for i in range(30))
        files[f"benchling/module_{number}.py"] = f'"""Module {number} of a distribution made for this benchmark."""\n\n{body}'
    licences = {"LICENSE": "Copyright (c) 2026 The benchmark\n\n" + samples.MIT}
    Environment(site_packages).install("benchling", files, [("License-Expression", "MIT")], licences)


def verdict(run: Run) -> bool:
    nothing_done = run.name != "unchanged" or not any(run.report["materialized"].values())
    dagster = run.name != "first build" or run.report["dagster_seconds"] <= DAGSTER_SECONDS
    return run.wall <= TARGETS[run.name] and run.peak_mb <= MEMORY_MB and nothing_done and dagster


def print_table(runs: list[Run]) -> None:
    print(f"{'':30}{'target s':>10}{'wall s':>10}{'CPU s':>10}{'peak MB':>10}{'worked':>10}{'shards':>8}  verdict")
    for run in runs:
        worked = sum(run.report["worked"].values())
        shards = run.report["materialized"]["shards"]
        ok = "pass" if verdict(run) else "FAIL"
        print(
            f"{run.name:30}{TARGETS[run.name]:10.0f}{run.wall:10.1f}{run.cpu:10.1f}{run.peak_mb:10}{worked:10}{shards:8}  {ok}"
        )
    first = runs[0].report
    print("\nWhere the first build's time went (seconds, added over threads):")
    spent = {"discovery": first["discovery_seconds"], "dagster": first["dagster_seconds"]} | first["stage_seconds"]
    for stage, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {stage:24}{seconds:8.1f}")
    print(
        f"\n{first['documents']} documents, {first['document_bytes'] / 1e6:.1f} MB of text. Peak memory target {MEMORY_MB} MB,"
    )
    print(f"Dagster target {DAGSTER_SECONDS:.0f} s. Left out: installation, interpreter and package download.")


if __name__ == "__main__":
    sys.exit(main())
