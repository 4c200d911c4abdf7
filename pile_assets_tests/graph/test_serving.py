"""Ports, processes and the registry that changes under a running deployment. The servers themselves have the daemon's test."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml

from pile_assets.deployment import PROJECT, Deployment
from pile_assets.errors import PileError
from pile_assets.graph import code_server, serve
from pile_assets.graph.instance import dagster_home, open_instance
from pile_assets.graph.naming import WORK
from pile_assets.graph.reloading import registry_digest
from pile_assets.graph.serve import Servers
from pile_assets.graph.working import working
from pile_assets.state import Override, State
from pile_assets_tests.graph.daemon import add_small_source


@pytest.fixture
def listener():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(1)
        yield listening.getsockname()[1]


@pytest.fixture
def environment(corpus, tmp_path) -> dict[str, str]:
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(PROJECT / "dagster.yaml", home)
    return {**os.environ, "DAGSTER_HOME": str(home)}


# -- servers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["PILE_CODE_PORT", "PILE_WEB_PORT"])
def test_a_port_that_is_taken_is_named_and_nothing_is_started(environment, listener, variable):
    servers = Servers({**environment, variable: str(listener)})
    with pytest.raises(PileError, match=f"port {listener}.*{variable}"):
        servers.start()
    assert not servers.logs.exists()


def test_a_server_that_ends_by_itself_is_named_with_its_last_words(environment):
    servers = Servers(environment)
    servers._launch("daemon", "pile_assets.no_such_module")
    servers._running["daemon"].wait(60)
    with pytest.raises(PileError, match=r"The daemon ended by itself with code 1[\s\S]*no_such_module"):
        servers.check()
    servers.stop()


STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""


def test_a_server_that_does_not_end_when_asked_is_killed_with_its_children(monkeypatch):
    monkeypatch.setattr(serve, "GRACE_SECONDS", 0.2)
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    child = int(process.stdout.readline())
    process.terminate()
    serve._end(process)
    assert process.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 5
    while _lives(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _lives(child)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_workspace_follows_the_port_of_the_code_server(environment):
    given = Servers(environment)._workspace()
    assert given == PROJECT / "workspace.yaml"
    moved = yaml.safe_load(Servers({**environment, "PILE_CODE_PORT": "54999"})._workspace().read_text())
    assert moved["load_from"][0]["grpc_server"]["port"] == 54999


def test_the_port_of_the_code_server_is_said_in_one_place_too_many_but_alike():
    server = yaml.safe_load((PROJECT / "workspace.yaml").read_text())["load_from"][0]["grpc_server"]
    assert (server["host"], server["port"]) == (code_server.HOST, code_server.PORT)


def test_a_code_server_that_is_not_there_does_not_answer(listener):
    assert not code_server.answers(1)


def test_runs_that_were_going_when_dagster_stopped_are_said_not_to_be_and_queued_ones_stay(environment):
    with open_instance(environment) as instance:
        for event in ("PIPELINE_START", "PIPELINE_STARTING", None):
            run = instance.create_run_for_job(_job(), tags={WORK: "sources/fables"})
            if event:
                instance.report_dagster_event(dg.DagsterEvent(event, "idle"), run.run_id)
    with working("sources/fables"):
        Servers(environment)._end_runs()
        assert statuses(environment) == ["NOT_STARTED", "STARTED", "STARTING"]
    Servers(environment)._end_runs()
    assert statuses(environment) == ["FAILURE", "FAILURE", "NOT_STARTED"]


def statuses(environment: dict[str, str]) -> list[str]:
    with open_instance(environment) as instance:
        return sorted(record.dagster_run.status.value for record in instance.get_run_records())


def _job() -> dg.JobDefinition:
    @dg.job
    def idle() -> None:
        pass

    return idle


# -- Dagster's home ------------------------------------------------------------------------------------------------


def test_a_home_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(PileError, match="no folder"):
        dagster_home({"DAGSTER_HOME": str(tmp_path / "missing")})


def test_the_default_home_holds_a_link_to_the_settings_of_the_checkout(tmp_path, monkeypatch):
    monkeypatch.setattr("pile_assets.graph.instance.PROJECT", tmp_path)
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    assert dagster_home({}) == tmp_path / "dagster_home"
    link = tmp_path / "dagster_home" / "dagster.yaml"
    assert link.resolve() == tmp_path / "dagster.yaml"
    link.unlink()
    link.symlink_to("nowhere.yaml")
    dagster_home({})
    assert link.resolve() == tmp_path / "dagster.yaml"


# -- a registry that changes ---------------------------------------------------------------------------------------


def test_everything_that_decides_what_the_graph_shows_is_in_the_digest(corpus):
    seen = [registry_digest(Deployment.from_environment())]

    def changed() -> bool:
        seen.append(registry_digest(Deployment.from_environment()))
        return seen[-1] != seen[-2]

    (corpus.registry / "notes.txt").write_text("no record")
    assert not changed()
    add_small_source(corpus, "tales", 9)
    assert changed()
    policy = corpus.registry / "policies" / "plain.yaml"
    policy.write_text(policy.read_text().replace("min: 100", "min: 200"))
    assert changed()
    State(corpus.home).save_override("tales", Override(enabled=False))
    assert changed()
    (corpus.registry / "tales.yaml").unlink()
    assert changed()


def test_a_changed_registry_has_the_graph_loaded_again_once(corpus, daemon, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(code_server, "reload", asked.append)
    daemon.evaluate("registry")
    assert asked == []
    add_small_source(corpus, "tales", 9)
    daemon.evaluate("registry")
    assert asked == [code_server.PORT]
    daemon.reload()
    daemon.evaluate("registry")
    assert len(asked) == 1
