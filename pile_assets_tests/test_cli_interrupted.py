"""A build that is killed, interrupted or runs out of disk leaves nothing half-written, and the next one ends where an
undisturbed one would have."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pile_assets_tests.commands import PROJECT, Pile

SECONDS = 120


def committed(pile: Pile) -> int:
    """How many steps are committed."""
    return sum(1 for _ in (pile.corpus.home / "store").rglob("manifest.json"))


def wait_for(pile: Pile, build: subprocess.Popen[str], steps: int) -> None:
    deadline = time.monotonic() + SECONDS
    while committed(pile) < steps and build.poll() is None:
        assert time.monotonic() < deadline, "the build does not go on"
        time.sleep(0.001)


def test_a_build_killed_again_and_again_ends_in_the_same_bytes(fresh: Pile, built_once: Pile) -> None:
    """Killed without warning after a random number of steps, each time further on; whatever it left is whole."""
    chosen = random.Random(2)
    whole = committed(built_once)
    killed = 0
    for share in (0.05, 0.4, 0.8):
        build = fresh.start("build", "--no-dagster")
        wait_for(fresh, build, int(whole * share) + chosen.randint(0, 8))
        time.sleep(chosen.uniform(0, 0.02))
        build.kill()
        build.communicate()
        killed += build.returncode == -signal.SIGKILL
        if fresh.corpus.home.exists():
            verified = fresh.ask("verify")
            assert verified["problems"] == []
    assert killed >= 2, "the builds ended before they were killed"
    fresh.build()
    assert fresh.shard_files() == built_once.shard_files()
    assert fresh.release == built_once.release
    assert not list(fresh.corpus.home.rglob("*.tmp"))
    assert fresh.run("verify").exit_code == 0
    assert set(fresh.build()["materialized"].values()) == {0}


def test_an_interrupted_build_says_so_and_keeps_what_it_finished(fresh: Pile) -> None:
    build = fresh.start("build", "--no-dagster", "--threads", "1")
    wait_for(fresh, build, 5)
    build.send_signal(signal.SIGINT)
    _, errors = build.communicate(timeout=SECONDS)
    assert build.returncode == 130
    assert "What was finished is kept" in errors
    assert "Traceback" not in errors
    assert 5 <= committed(fresh) < 60
    assert fresh.run("verify").exit_code == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB, about half of what the corpus takes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def assert_told_plainly(build: subprocess.Popen[str], output: str, errors: str, cause: str) -> None:
    assert build.returncode in (1, 3)
    assert "Traceback" not in errors
    told = json.loads(output)
    failures = told.get("failed") or [told["error"]]
    assert all(cause in failure["cause"] for failure in failures), failures
    assert all("Free disk space" in failure["remedy"] for failure in failures)


def test_a_full_disk_is_told_plainly_and_the_next_build_completes(fresh: Pile, built_once: Pile, small_disk: Path) -> None:
    fresh.corpus.home = small_disk / "home"
    build = fresh.start("build", "--no-dagster", "--json")
    output, errors = build.communicate(timeout=SECONDS)
    assert_told_plainly(build, output, errors, "No space left on device")
    assert "fables / " in errors or "songs / " in errors
    assert not list(small_disk.rglob("*.tmp"))
    assert fresh.run("verify").exit_code == 0
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    fresh.build()
    assert fresh.shard_files() == built_once.shard_files()
    assert fresh.release == built_once.release


def test_a_file_that_may_not_grow_is_told_plainly_and_the_next_build_completes(fresh: Pile, built_once: Pile) -> None:
    """The same where no file system can be mounted: the kernel refuses to write more than 4,000 bytes to a file."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    build = subprocess.Popen(
        [sys.executable, "-m", "pile_assets.cli", "build", "--no-dagster", "--json"],
        cwd=PROJECT,
        env={**os.environ, **fresh.corpus.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )
    output, errors = build.communicate(timeout=SECONDS)
    assert_told_plainly(build, output, errors, "File too large")
    assert not list(fresh.corpus.home.rglob("*.tmp"))
    assert fresh.run("verify").exit_code == 0
    fresh.build()
    assert fresh.shard_files() == built_once.shard_files()
