"""`pile dedup run` killed without warning and run again: the results are those of a run that was let be.

PILE_DEDUP_KILLS says how often it is killed at random (`make kills`: a hundred times, and before every file it writes).
"""

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from pile_assets_tests.dedup.standalone import killing

KILLS = int(os.environ.get("PILE_DEDUP_KILLS", "5"))
CHANGED = ("1.jsonl", "5.jsonl", "8.jsonl")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, since results name their inputs."""
    folder = tmp_path_factory.mktemp("killed") / "in"
    killing.publish(folder, 1)
    return folder


@pytest.fixture(scope="module")
def undisturbed(inputs: Path) -> tuple[Path, float]:
    """Results of the inputs as they were first, and the seconds they took."""
    out = inputs.with_name("undisturbed")
    killing.finish(inputs, out)  # compiles, where nothing is compiled yet
    shutil.rmtree(out)
    return out, killing.finish(inputs, out)


def test_killed_at_random_moments_it_ends_in_the_same_bytes(
    inputs: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    """From nothing; then, in the results that came of it, as a change is taken up."""
    whole, seconds = undisturbed
    expected = killing.results(whole)
    for found in killing.kill_at_random(inputs, tmp_path / "out", 1, KILLS - KILLS // 2, seconds):
        assert found == expected
    changed = inputs.with_name("changed")
    inputs.rename(changed)
    shutil.copytree(changed, inputs)
    try:
        killing.publish(inputs, 2, CHANGED)
        (inputs / "2.jsonl").unlink()
        killing.finish(inputs, tmp_path / "anew")
        expected = killing.results(tmp_path / "anew")
        for found in killing.kill_at_random(inputs, tmp_path / "out", 2, KILLS // 2, seconds):
            assert found == expected
    finally:
        shutil.rmtree(inputs)
        changed.rename(inputs)


def test_killed_before_any_file_it_writes_it_ends_in_the_same_bytes(
    inputs: Path, undisturbed: tuple[Path, float], tmp_path: Path
) -> None:
    """The first is the one that says what the folder is."""
    expected, out = killing.results(undisturbed[0]), tmp_path / "out"
    points = range(1000) if KILLS > 5 else (0,)
    for point in points:
        process = killing.start(inputs, out, (*killing.DYING, str(point)))
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert (point > 3 * len(killing.NAMES), process.returncode) == (True, 3), "it is over when all files are written"
            break
        killing.finish(inputs, out)
        assert killing.results(out) == expected, f"killed before file {point}"
        shutil.rmtree(out)


def test_what_a_dead_run_leaves_would_be_seen(inputs: Path, undisturbed: tuple[Path, float], tmp_path: Path) -> None:
    """A planted fault: files that the manifest does not name stay where they are."""
    fault = "from pile_assets.dedup.standalone import run; run._remove_others = lambda folder, names: None; "
    program = (sys.executable, "-c", f"{fault}from pile_assets.cli import main; main()")
    expected, out = killing.results(undisturbed[0]), tmp_path / "out"
    more = inputs / "0-more.jsonl"
    killing.publish(inputs, 3, [more.name])
    try:
        process = killing.start(inputs, out, (*killing.DYING, "20"))
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    finally:
        more.unlink()
    shutil.copytree(out, tmp_path / "again")
    killing.finish(inputs, out, program)
    assert killing.results(out) != expected
    killing.finish(inputs, tmp_path / "again")
    assert killing.results(tmp_path / "again") == expected
