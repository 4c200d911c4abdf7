"""`pile serve`: a code server, the daemon and the webserver on this machine, started, watched and stopped together.

What belongs here: processes, ports and signals. What may not: anything about assets.

Each server writes its log under DAGSTER_HOME/server_logs. When one ends by itself the others are stopped, and the error says
where to read why: half a deployment looks alive and does nothing.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import yaml

from pile_assets import doctor
from pile_assets.deployment import PROJECT, Deployment
from pile_assets.errors import PileError
from pile_assets.graph.code_server import HOST, answers, code_port
from pile_assets.graph.instance import dagster_home, open_instance
from pile_assets.graph.runs import end_all_runs
from pile_assets.store import Store

START_SECONDS = 120
"""How long a server may take to answer; a cold import on a slow disk takes half of that."""
GRACE_SECONDS = 10
"""How long a server has to end by itself. Dagster's code server does not always, so then it is killed."""

Say = Callable[[str], object]


@dataclass
class Servers:
    """The three processes. For tests: no `webserver` where nobody looks, another `location` where faults are planned, and
    a `daemon` that looks more often."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    host: str = HOST
    webserver: bool = True
    location: str = "pile_assets.definitions"
    daemon: str = "dagster._daemon"
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return dagster_home(self.environment)

    @property
    def web_port(self) -> int:
        return int(self.environment.get("PILE_WEB_PORT", doctor.PORTS["webserver"][1]))

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.web_port}"

    @property
    def process_groups(self) -> list[int]:
        """One for each server: it leads a group of its own, with the runs among the code server's."""
        return [process.pid for process in self._running.values()]

    def start(self) -> None:
        """Start all and wait until each answers. Raises PileError, with all stopped, where one does not."""
        self._check_ports()
        self._end_runs()  # those of a deployment that was killed
        try:
            self._launch("code-server", "dagster", "code-server", "start", "-m", self.location, *self._code_address())
            self._await("code-server", lambda: answers(code_port(self.environment)))
            self._launch("daemon", self.daemon, "run", "-w", str(self._workspace()))
            if self.webserver:
                place = ["-h", self.host, "-p", str(self.web_port), "-w", str(self._workspace())]
                self._launch("webserver", "dagster_webserver", *place)
                self._await("webserver", self._webserver_answers)
        except BaseException:
            self.stop()
            raise

    def check(self) -> None:
        """Raises PileError where a server has ended by itself."""
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                raise PileError(
                    f"The {name} ended by itself with code {code}:\n{self._tail(name)}",
                    remedy=f"Read {self._log(name)}, mend the cause and start again.",
                )

    def stop(self) -> None:
        """End all, first the daemon so that nothing new is launched, and say of runs that were going that they are not."""
        for process in reversed(self._running.values()):
            process.terminate()
        for process in reversed(self._running.values()):
            _end(process)
        if self._running:
            self._running.clear()
            self._end_runs()

    def _end_runs(self) -> None:
        """Runs are children of the code server and end with it; what they had committed stays."""
        store = Store(Deployment.from_environment(self.environment).home)
        with open_instance(self.environment) as instance:
            end_all_runs(instance, store)

    # -- starting --------------------------------------------------------------------------------------------------

    def _check_ports(self) -> None:
        """Two servers would share a gRPC port in silence, so it must be free before."""
        for port in doctor.look(Deployment.from_environment(self.environment).home, self.environment).ports:
            if port.obstacle and (self.webserver or port.purpose != "webserver"):
                raise PileError(
                    f"The {port.purpose} cannot listen on port {port.asked}: {port.obstacle}.",
                    remedy=f"End what listens there, or set {port.variable} to a free port.",
                )

    def _launch(self, name: str, module: str, *arguments: str) -> None:
        log = self._log(name)
        log.parent.mkdir(exist_ok=True)
        settings = {"DAGSTER_HOME": str(self.home), "PILE_CODE_PORT": str(code_port(self.environment))}
        with open(log, "wb") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=PROJECT,
                env={**self.environment, **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C reaches this process alone, which then stops them in order
            )

    def _await(self, name: str, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            self.check()
            if time.monotonic() > deadline:
                raise PileError(
                    f"The {name} does not answer after {START_SECONDS} seconds:\n{self._tail(name)}",
                    remedy=f"Read {self._log(name)}, mend the cause and start again.",
                )
            time.sleep(0.2)

    def _code_address(self) -> list[str]:
        return ["-h", HOST, "-p", str(code_port(self.environment))]

    def _webserver_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/server_info", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False

    def _workspace(self) -> Path:
        """The checkout's workspace.yaml, or a copy of it for another port than it names."""
        given = PROJECT / "workspace.yaml"
        workspace = yaml.safe_load(given.read_text(encoding="utf-8"))
        server = workspace["load_from"][0]["grpc_server"]
        if server["port"] == code_port(self.environment):
            return given
        server["port"] = code_port(self.environment)
        moved = self.home / "workspace.yaml"
        moved.write_text(yaml.safe_dump(workspace), encoding="utf-8")
        return moved

    @property
    def logs(self) -> Path:
        return self.home / "server_logs"  # Dagster keeps a folder `logs` of its own, and empties it

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _tail(self, name: str) -> str:
        return "\n".join(self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for a process that was asked to end, then kill it with all its children."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def serve(say: Say, *, host: str = HOST, environment: Mapping[str, str] = os.environ) -> None:
    """Run the servers until SIGINT or SIGTERM. Raises PileError where they cannot start or one ends by itself."""
    servers = Servers(environment, host)
    with _asked_to_stop() as stopping:
        say("Starting the code server, the daemon and the webserver; the first time takes a minute.")
        servers.start()
        try:
            say(f"The graph is at {servers.url} (logs in {servers.logs}). Press Ctrl-C to stop.")
            while not stopping.wait(1):
                servers.check()
            say("Stopping.")
        finally:
            servers.stop()


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """An event that is set by SIGINT or SIGTERM; the earlier handlers come back afterwards."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
