"""What the normaliser says of licence statements, one by one or in a batch, and its vocabularies. Nothing is stored."""

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from pile_assets.licensing import accepted, expressions, names, normalise

DEFAULT_CONTEXT = "text"


@dataclass(frozen=True)
class Answer:
    """One statement and what it says; `open` where the table of accepted licences has what it names."""

    context: str  # as it was given
    raw: str
    status: str
    spdx: str | None
    family: str | None  # the licence's own family, such as "CC-BY" or "BSD"
    port: str | None  # jurisdiction of a ported licence
    rule: str  # what fired
    open: bool
    reason: str | None  # why a resolved statement is not open


@dataclass(frozen=True)
class BadLine:
    """A line of a batch that is no statement: its number from 1, and what is wrong with it."""

    number: int
    problem: str


def answer(raw: str, context: str = DEFAULT_CONTEXT) -> Answer:
    """What `raw` says; `context` is a key of `normalise.CONTEXTS`, or KeyError."""
    reading = normalise.read(raw, context)
    family, is_open, reason = reading.family, False, None
    if reading.spdx is not None:
        judgement = accepted.judge(reading.spdx)
        is_open, reason = judgement.accepted, judgement.reason
        family = family or _family(reading.spdx)
    return Answer(context, raw, reading.status, reading.spdx, family, reading.port, reading.rule, is_open, reason)


@cache
def _family(spdx: str) -> str | None:
    """The family all licences of an expression belong to; None where they differ, or have none."""
    found = {names.family_of(identifier) for identifier in expressions.identifiers(spdx)}
    family = next(iter(found)) if len(found) == 1 else None
    return None if family is None or family.startswith("LicenseRef-") else family


def batch(lines: Iterable[bytes], context: str = DEFAULT_CONTEXT) -> Iterator[Answer | BadLine]:
    """An answer for each line of JSON with `raw` and perhaps `context`; blank lines are skipped, bad ones told.

    A `raw` of null says nothing, as an empty one does.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _line(line, number, context)


def _line(line: bytes, number: int, context: str) -> Answer | BadLine:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return BadLine(number, "it is no JSON")
    if not isinstance(value, Mapping):
        return BadLine(number, "it is no JSON object with `raw` and `context`")
    raw, named = value.get("raw", 0), value.get("context") or context
    if raw is not None and not isinstance(raw, str):
        return BadLine(number, "`raw` is missing" if "raw" not in value else "`raw` is no text")
    known = normalise.context_named(named) if isinstance(named, str) else None
    if known is None:
        return BadLine(number, f"there is no context {named!r}")
    return replace(answer(raw or "", known), context=named)


@dataclass(frozen=True)
class Vocabulary:
    """A context: its name, the names data from elsewhere has for it, and what it reads."""

    context: str
    other_names: tuple[str, ...]
    summary: str


def vocabularies() -> tuple[Vocabulary, ...]:
    """Every context in order of its name."""
    return tuple(
        Vocabulary(context, tuple(sorted(n for n, of in normalise.OTHER_NAMES.items() if of == context)), _summary(context))
        for context in sorted(normalise.CONTEXTS)
    )


def _summary(context: str) -> str:
    documentation = inspect.getdoc(inspect.getmodule(normalise.CONTEXTS[context])) or ""
    return normalise.SUMMARIES.get(context) or " ".join(documentation.partition("\n\n")[0].split())
