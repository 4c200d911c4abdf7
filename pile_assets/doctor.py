"""What this machine lacks for a build or for the UI, each with the remedy.

What belongs here: looking at the machine (`look`) and judging what was seen (`examine`, pure). What may not: looking at
the corpus (`view`, `store`), mending anything, printing (`cli`). Nothing is imported that an incomplete environment may lack.
"""

import errno
import os
import re
import shutil
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
"""The interpreters the lock is resolved for (`requires-python` in pyproject.toml)."""

OLDEST_SQLITE = (3, 25, 0)
"""The first SQLite with window functions, with which Dagster reads ticks and partitions in batches."""

GIB = 1024**3
ROOM_FOR_DEFAULT = 2 * GIB
"""Bytes below which the embedded default may not fit: its store, a second version of it, and temporary files."""
ROOM_FOR_NETWORK = 50 * GIB
"""Bytes below which a whole network source may not fit; options of its record can limit it."""

PORTS = {"webserver": ("PILE_WEB_PORT", 3000), "code server": ("PILE_CODE_PORT", 54001)}
"""What listens on this machine while the UI is open: the environment variable that moves it, and where it is otherwise."""

CONTACT = re.compile(r"(?:mailto:)?[!-~]+@[!-~]+\.[!-~]+|https?://[!-~]+")
"""A mail or web address that can stand in a User-Agent (RFC 9110 section 10.1.5: printable ASCII)."""


class Level(StrEnum):
    """How much a finding matters: a fault stops a build, a warning stops something else or may surprise."""

    GOOD = "good"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Finding:
    """One check: what was found, as a sentence, and what to do about it, empty where it is good."""

    check: str
    level: Level
    found: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """The same facts for `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class Port:
    """One port of the UI. `obstacle` says why it cannot be opened; None where it can."""

    purpose: str
    variable: str
    asked: str
    obstacle: str | None


@dataclass(frozen=True)
class Machine:
    """What was seen of the machine, without judgement."""

    python: tuple[int, ...]
    sqlite: tuple[int, ...]
    virtual_environment: bool
    home: Path
    free_bytes: int
    obstacle_to_writing: str | None
    ports: tuple[Port, ...]
    contact: str


def look(home: Path, environment: Mapping[str, str] = os.environ) -> Machine:
    """The facts of this machine, for a store at `home`. Leaves nothing behind: what it creates to try, it removes."""
    place = _nearest(home.resolve())
    return Machine(
        python=tuple(sys.version_info[:3]),
        sqlite=sqlite3.sqlite_version_info,
        virtual_environment=sys.prefix != sys.base_prefix,
        home=home,
        free_bytes=shutil.disk_usage(place).free,
        obstacle_to_writing=_obstacle_to_writing(place),
        ports=tuple(_port(purpose, *PORTS[purpose], environment) for purpose in PORTS),
        contact=environment.get("PILE_CONTACT", "").strip(),
    )


def examine(machine: Machine, network_sources: Sequence[str] = ()) -> list[Finding]:
    """A finding per check, always all of them and in the same order. `network_sources` are the enabled ones that need one."""
    return [
        _python(machine),
        _virtual_environment(machine),
        _sqlite(machine),
        _writable(machine),
        _room(machine, network_sources),
        *(_opens(port) for port in machine.ports),
        _contact(machine, network_sources),
    ]


def fit(findings: Sequence[Finding]) -> bool:
    """Whether a build can start: no finding is a fault."""
    return all(finding.level is not Level.FAULT for finding in findings)


# -- judging -------------------------------------------------------------------------------------------------------


def _python(machine: Machine) -> Finding:
    version = ".".join(map(str, machine.python))
    if OLDEST_PYTHON <= machine.python[:2] <= NEWEST_PYTHON:
        return Finding("python", Level.GOOD, f"This is Python {version}.")
    return Finding(
        "python",
        Level.FAULT,
        f"This is Python {version}; the dependencies are locked for 3.11 to 3.13.",
        "Install one of those and run `make run PYTHON=/path/to/it`, which makes the environment anew.",
    )


def _virtual_environment(machine: Machine) -> Finding:
    if machine.virtual_environment:
        return Finding("virtual environment", Level.GOOD, "This runs in a virtual environment.")
    return Finding(
        "virtual environment",
        Level.WARNING,
        "This runs outside a virtual environment, so every distribution of the system counts as source of the default corpus.",
        "Use `make run`, which makes an environment in .venv, unless that is what you want.",
    )


def _sqlite(machine: Machine) -> Finding:
    version = ".".join(map(str, machine.sqlite))
    if machine.sqlite >= OLDEST_SQLITE:
        return Finding("sqlite", Level.GOOD, f"Python brings SQLite {version}.")
    return Finding(
        "sqlite",
        Level.WARNING,
        f"Python brings SQLite {version}; Dagster's pages grow slow on versions before {'.'.join(map(str, OLDEST_SQLITE))}.",
        "Use a newer Python build, or give Dagster a PostgreSQL database in dagster.yaml.",
    )


def _writable(machine: Machine) -> Finding:
    if machine.obstacle_to_writing is None:
        return Finding("write permission", Level.GOOD, f"The store at {machine.home} can be written.")
    return Finding(
        "write permission",
        Level.FAULT,
        f"The store at {machine.home} cannot be written: {machine.obstacle_to_writing}.",
        "Mend the owner or mode of the folder, or set PILE_HOME to a folder you may write.",
    )


def _room(machine: Machine, network_sources: Sequence[str]) -> Finding:
    free = f"{machine.free_bytes / GIB:.1f} GiB are free for the store at {machine.home}"
    if machine.free_bytes < ROOM_FOR_DEFAULT:
        return Finding(
            "disk space",
            Level.FAULT,
            f"Only {free}; the embedded default needs {ROOM_FOR_DEFAULT // GIB} GiB to be built and rebuilt.",
            "Free some space, or set PILE_HOME to a larger disk.",
        )
    if network_sources and machine.free_bytes < ROOM_FOR_NETWORK:
        return Finding(
            "disk space",
            Level.WARNING,
            f"Only {free}, and {', '.join(network_sources)} may need {ROOM_FOR_NETWORK // GIB} GiB or more as a whole.",
            "Limit the sources by the options of their records, or set PILE_HOME to a larger disk.",
        )
    return Finding("disk space", Level.GOOD, f"{free}.")


def _opens(port: Port) -> Finding:
    check = f"port of the {port.purpose}"
    if port.obstacle is None:
        return Finding(check, Level.GOOD, f"Port {port.asked} is free for the {port.purpose}.")
    return Finding(
        check,
        Level.WARNING,
        f"Port {port.asked} cannot be opened for the {port.purpose}: {port.obstacle}.",
        f"Unless that is your own `pile serve`, stop it or set {port.variable} to a free port. A build needs no port.",
    )


def _contact(machine: Machine, network_sources: Sequence[str]) -> Finding:
    if machine.contact and not CONTACT.fullmatch(machine.contact):
        return Finding(
            "contact",
            Level.FAULT if network_sources else Level.WARNING,
            f"PILE_CONTACT is {machine.contact!r}, under which no publisher could reach you.",
            "Set PILE_CONTACT to a mail address or to the address of a web page.",
        )
    if machine.contact:
        return Finding("contact", Level.GOOD, f"Publishers are told to write to {machine.contact}.")
    if not network_sources:
        return Finding("contact", Level.GOOD, "No enabled source asks a publisher, so PILE_CONTACT is not needed.")
    return Finding(
        "contact",
        Level.FAULT,
        f"PILE_CONTACT is not set, and {', '.join(network_sources)} may not ask publishers without saying who asks.",
        "Set PILE_CONTACT to a mail or web address under which a publisher reaches you.",
    )


# -- looking -------------------------------------------------------------------------------------------------------


def _nearest(path: Path) -> Path:
    """The path itself, or what exists nearest above it."""
    return next(place for place in (path, *path.parents) if place.exists())


def _obstacle_to_writing(place: Path) -> str | None:
    """Tried, not read off the mode: a read-only mount or a full quota does not show there."""
    if not place.is_dir():
        return f"{place} is not a folder"
    try:
        with tempfile.TemporaryDirectory(prefix=".pile-doctor-", dir=place):
            return None
    except OSError as error:
        return f"{error.strerror or error} ({place})"


def _port(purpose: str, variable: str, default: int, environment: Mapping[str, str]) -> Port:
    asked = environment.get(variable, str(default)).strip()
    return Port(purpose, variable, asked, _obstacle_to_listening(asked))


def _obstacle_to_listening(asked: str) -> str | None:
    """Tried by listening on it: gRPC shares a port that is in use in silence, so starting a server would not tell."""
    if not re.fullmatch(r"[0-9]{1,5}", asked) or not 0 < int(asked) < 65536:
        return "it is not a port number from 1 to 65535"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that just closed is no obstacle
        try:
            trial.bind(("127.0.0.1", int(asked)))
            trial.listen(1)
        except OSError as error:
            return "another program listens there" if error.errno == errno.EADDRINUSE else str(error.strerror)
    return None
