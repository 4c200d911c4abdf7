"""Other people's judges of a release: the REUSE tool (specification 3.3) and mlcroissant (Croissant 1.1), run as programs.

Only running them and reading what they say belongs here. They are never imported: reuse is under the GPL and both would become
part of the default corpus (`make judges` gives them an environment of their own). One that is not there judges nothing, and is
said to be missing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from pile_assets.release import layout
from pile_assets.release.check import Problem

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".venv-judges" / "bin"
SECONDS = 600
"""How long a judge may take."""


def find(name: str, folders: tuple[Path, ...] = (ENVIRONMENT, Path(sys.executable).parent)) -> str | None:
    """Where a judge is: made by `make judges`, beside this Python, or on PATH."""
    return next((str(folder / name) for folder in folders if (folder / name).is_file()), None) or shutil.which(name)


def reuse(root: Path, program: str) -> Iterator[Problem]:
    """What `reuse lint` has against a release directory."""
    # Git would hide the whole directory from it where PILE_HOME is ignored in a checkout.
    hidden = {"GIT_CEILING_DIRECTORIES": str(root.resolve().parent)}
    done = _run([program, "--root", str(root), "lint", "--json"], hidden)
    if isinstance(done, str):
        yield Problem("reuse lint", "", done)
        return
    try:
        told = json.loads(done.stdout)
    except ValueError:
        yield Problem("reuse lint", "", f"it says {_last_line(done)}")
        return
    compliant, found = told["summary"]["compliant"], told["non_compliant"]
    if told["summary"]["files_total"] == 0:
        yield Problem("reuse lint", "", "it looked at no file at all")
    elif not compliant:
        said = ", ".join(f"{name.replace('_', ' ')}: {', '.join(map(str, what))}" for name, what in found.items() if what)
        yield Problem("reuse lint", layout.REUSE, said or "it is not compliant")


def mlcroissant(root: Path, program: str) -> Iterator[Problem]:
    """What `mlcroissant validate` has against croissant.json; its warnings count, since a release has no excuse for any."""
    done = _run([program, "validate", "--jsonld", str(root / layout.CROISSANT)], {})
    if isinstance(done, str):
        yield Problem("mlcroissant", layout.CROISSANT, done)
    elif done.returncode != 0 or "warning(s)" in done.stderr + done.stdout:
        told = [line.strip(" -") for line in (done.stderr + done.stdout).splitlines() if line.startswith("  -")]
        yield Problem("mlcroissant", layout.CROISSANT, "; ".join(told) or f"it says {_last_line(done)}")


def _run(command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str] | str:
    try:
        return subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it could not be run ({error})"


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return ((done.stderr or done.stdout).strip().splitlines() or [f"nothing, and ends with {done.returncode}"])[-1]


JUDGES: Mapping[str, Callable[[Path, str], Iterator[Problem]]] = {"reuse": reuse, "mlcroissant": mlcroissant}
"""Program -> how it is asked."""
