"""What can go wrong between a publisher and a client, one small class per fault; and a plan that draws them by seed."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Refuse:
    """Answer with this status instead of the body, with Retry-After where given (seconds or a date)."""

    status: int
    retry_after: str | None = None


@dataclass(frozen=True)
class Stall:
    """Say nothing for so many seconds, then close the connection."""

    seconds: float


@dataclass(frozen=True)
class Truncate:
    """Promise the whole body, send only its first `keep` bytes, close the connection."""

    keep: int


@dataclass(frozen=True)
class WrongLength:
    """Announce a body that is `by` bytes longer (or, negative, shorter) than the real one."""

    by: int


@dataclass(frozen=True)
class Redirect:
    """Send the client elsewhere."""

    to: str
    status: int = 302


Fault = Refuse | Stall | Truncate | WrongLength | Redirect

PASSING: tuple[Fault, ...] = (Refuse(503), Refuse(503, "0"), Refuse(429), Refuse(500), Truncate(3), WrongLength(7))
"""Faults after which the same request may succeed."""


@dataclass(frozen=True)
class Plan:
    """Draws a fault for the n-th request of a path: a function of seed, path and n, whatever the order of arrival."""

    seed: int
    share: float  # of requests that fail
    faults: tuple[Fault, ...] = PASSING

    def draw(self, path: str, nth: int) -> Fault | None:
        dice = random.Random(f"{self.seed}|{path}|{nth}")
        return dice.choice(self.faults) if dice.random() < self.share else None
