"""How often the daemon looks and how long it tries, from the environment. Nothing else belongs here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from pile_assets.errors import PileError


@dataclass(frozen=True)
class Settings:
    """Seconds between looks, and attempts before the planner gives up with an alert.

    Dagster goes round its sensors every five seconds and passes over one that looked more recently than its interval. An
    interval of five is missed by milliseconds in every other round, and then takes ten: these stay below a round.
    """

    sensor_seconds: int = 14  # PILE_SENSOR_SECONDS: looks at sources on this machine
    planner_seconds: int = 4  # PILE_PLANNER_SECONDS: looks for work that is due
    reconcile_seconds: int = 120  # PILE_RECONCILE_SECONDS: comparisons of Dagster's records with the store
    attempts: int = 3  # PILE_ATTEMPTS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Raises PileError naming the variable that is not a positive whole number."""
        return cls(
            **{name: _positive(f"PILE_{name.upper()}", environment) for name in vars(cls()) if _given(name, environment)}
        )


def _given(name: str, environment: Mapping[str, str]) -> bool:
    return f"PILE_{name.upper()}" in environment


def _positive(variable: str, environment: Mapping[str, str]) -> int:
    text = environment[variable].strip()
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise PileError(f"{variable} is {text!r}.", remedy="Give a whole number above 0, or leave it unset.")
