"""Workers: processes give the same bytes as threads, and none of them outlives the one it works for."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from pile_assets.dedup.standalone import workers
from pile_assets.dedup.standalone.reading import Columns
from pile_assets.dedup.standalone.run import find_inputs, run
from pile_assets.dedup.standalone.signing import Input
from pile_assets.errors import Busy, PileError, Quarantine, RegistryError
from pile_assets_tests.commands import PROJECT
from pile_assets_tests.dedup.standalone import killing

NAMES = killing.NAMES[:4]
MANY_PROCESSES = """
import sys
from pile_assets.cli import main
from pile_assets.dedup.standalone import workers

if __name__ == "__main__":
    workers.PROCESSES_FROM = 0
    main()
"""


def test_processes_end_in_the_bytes_that_threads_end_in(tmp_path, monkeypatch):
    killing.publish(tmp_path / "in", 3, NAMES)
    (tmp_path / "in" / "broken.jsonl.gz").write_bytes(b"no gzip")
    reports = []
    for out, floor in (("threads", workers.PROCESSES_FROM), ("processes", 0)):
        monkeypatch.setattr(workers, "PROCESSES_FROM", floor)
        reports.append(run(find_inputs([tmp_path / "in"], tmp_path / out), tmp_path / out, Columns(), workers=2))
    assert reports[0] == reports[1]
    assert list(reports[0].failed) == [(tmp_path / "in" / "broken.jsonl.gz").as_posix()]
    assert killing.results(tmp_path / "threads") == killing.results(tmp_path / "processes")


def test_small_inputs_are_not_worth_a_process(tmp_path):
    sparse = tmp_path / "large.jsonl"
    with open(sparse, "wb") as file:
        file.truncate(workers.PROCESSES_FROM)
    large, gone = Input("large", sparse), Input("gone", tmp_path / "gone.jsonl")
    for few, count in (([gone, gone], 2), ([large, large], 1), ([large], 2)):
        assert processes(count, few) == {os.getpid()}
    assert len(processes(2, [large, gone])) == 2


def processes(count: int, inputs: list[Input]) -> set[int]:
    with workers.pool(count, inputs) as executor:
        return set(executor.map(its_process, inputs))


def its_process(given: Input) -> int:
    time.sleep(0.2)  # nobody gets to do two
    return os.getpid()


def test_the_first_worker_is_this_process_and_what_failed_leaves_none_behind(tmp_path, monkeypatch):
    """All meet, so each input is done by another; then one of them fails."""
    monkeypatch.setattr(workers, "PROCESSES_FROM", 0)
    inputs = [Input(str(tmp_path / name), tmp_path / name) for name in ("a", "b", "c")]
    with workers.pool(3, inputs) as executor:
        met = set(executor.map(meet, inputs))
    assert len(met) == 3
    assert os.getpid() in met
    before = set(multiprocessing.active_children())
    with pytest.raises(Quarantine, match="of another process"):
        fail(inputs)
    assert set(multiprocessing.active_children()) <= before


def fail(inputs: list[Input]) -> None:
    with workers.pool(3, inputs) as executor:
        for _ in executor.map(partial(fail_elsewhere, os.getpid()), inputs):
            pass


def meet(given: Input) -> int:
    given.path.touch()
    until(lambda: len(list(given.path.parent.iterdir())) == 3)
    return os.getpid()


def fail_elsewhere(first: int, given: Input) -> int:
    time.sleep(0.2)
    if os.getpid() != first:
        raise Quarantine("It is one of another process.", remedy="None.")
    return first


def test_workers_end_at_once_when_the_process_they_work_for_is_killed(tmp_path):
    killing.publish(tmp_path / "in", 4, NAMES)
    script = tmp_path / "many.py"
    script.write_text(MANY_PROCESSES)
    out = tmp_path / "out"
    words = [sys.executable, str(script), "dedup", "run", str(tmp_path / "in"), "--out", str(out)]
    process = subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(PROJECT)})
    until(lambda: any((out / "cache" / "inputs").glob("*.json")) or process.poll() is not None)
    until(lambda: len(children_of(process.pid)) >= 2)  # a worker, and who keeps its resources
    children = children_of(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until(lambda: not any(alive(pid) for pid in children))
    killing.finish(tmp_path / "in", out)
    killing.finish(tmp_path / "in", tmp_path / "undisturbed")
    assert killing.results(out) == killing.results(tmp_path / "undisturbed")


def children_of(pid: int) -> list[int]:
    """Whichever of its threads started them."""
    return [int(child) for tasks in Path(f"/proc/{pid}/task").glob("*/children") for child in tasks.read_text().split()]


def until(condition) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("kind", [PileError, Quarantine, Busy, RegistryError])
def test_an_error_crosses_from_one_process_to_another_with_all_its_parts(kind):
    error = kind("The disk is full.", remedy="Make room.").at(source="s", document="s:d")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, vars(again)) == (kind, error.args, vars(error))
    assert str(again) == str(error)
