"""Where this deployment's Dagster keeps its settings and records, and opening them.

What belongs here: DAGSTER_HOME and the link to dagster.yaml in it. What may not: using the instance.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from pile_assets.deployment import PROJECT
from pile_assets.errors import PileError


def dagster_home(environment: Mapping[str, str] = os.environ) -> Path:
    """DAGSTER_HOME, or dagster_home/ in the checkout with a link to the checkout's dagster.yaml, which is laid here.

    Raises PileError where the operator's own DAGSTER_HOME is no folder.
    """
    given = environment.get("DAGSTER_HOME", "").strip()
    if not given:
        return _prepare(PROJECT / "dagster_home")
    home = Path(given).resolve()
    if not home.is_dir():
        raise PileError(
            f"DAGSTER_HOME is {given}, which is no folder.", remedy="Make it and copy dagster.yaml there, or unset it."
        )
    return home


def _prepare(home: Path) -> Path:
    home.mkdir(exist_ok=True)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.unlink(missing_ok=True)  # a link that leads nowhere
        settings.symlink_to(Path("..") / "dagster.yaml")
    return home


def open_instance(environment: Mapping[str, str] = os.environ) -> dg.DagsterInstance:
    """The deployment's instance; a context manager that closes it."""
    return dg.DagsterInstance.from_config(str(dagster_home(environment)))
