"""The nightly collection of a deployment: what it removes, and that it waits for runs and not for ever."""

from pile_assets.graph import collecting
from pile_assets.inspection.verify import verify
from pile_assets.store import Store
from pile_assets_tests.deployments import document
from pile_assets_tests.graph.daemon import said


def part_files(daemon) -> int:
    return sum(1 for _ in daemon.corpus.home.glob("store/**/*.parquet"))


def test_the_job_removes_what_the_daemon_left_over(built, monkeypatch):
    before = part_files(built)
    built.corpus.publish("fables", "two", [document(f"changed-{i}") for i in range(4)])
    built.build()
    assert part_files(built) > before
    monkeypatch.setenv("PILE_GRACE_HOURS", "0")
    monkeypatch.setenv("PILE_KEEP_RELEASES", "1")
    done = built.run("collect_garbage")
    assert done.success
    assert "Removed: " in said(done, built.instance)
    assert part_files(built) == before
    assert verify(Store(built.corpus.home)).problems == ()
    assert built.decide().requests == []


def test_the_job_gives_way_to_runs_and_says_so(built, monkeypatch):
    monkeypatch.setattr(collecting, "PATIENCE_SECONDS", 0.3)
    with Store(built.corpus.home).lock("a run", exclusive=False):
        done = built.run("collect_garbage")
    assert done.success
    assert "Nothing was removed. The store is in use" in said(done, built.instance)
