"""The ledger of takedowns: lines of JSON that are only ever added, each the whole of one request as it stood then.

What belongs here: from lines to the requests in force, and everything that is wrong with them. What may not: files
(`withdrawal.vault`), documents (`scopes`).

A later line of an id replaces the earlier one and continues its history. Lines that were read once are *sealed*: kept, and
chained by a keyed hash. A sealed line that was changed or removed is reported, and stays in force as it was; a new line that
cannot be used is reported, and whatever it says of its scope is quarantined. So a mistake keeps documents out, never in; but
for a line that does not even say a value, which can only be reported.
"""

import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pile_assets.licensing.takedowns.model import Takedown, follows, placeholders
from pile_assets.store import digest

LONGEST_LINE = 100_000

_KIND = re.compile(r'"kind"\s*:\s*"(\w+)"')
_VALUE = re.compile(r'"value"\s*:\s*("(?:[^"\\]|\\.)*")')
_NOT_NEAR = re.compile(r'"near_duplicates"\s*:\s*false\b')


@dataclass(frozen=True)
class Sealed:
    """A line as it was first read, and the keyed hash over it and all before it."""

    line: str
    seal: str


@dataclass(frozen=True)
class Flaw:
    """What is wrong with one line, counted from 1. `remedy` is the operator's next step."""

    line: int
    field: str
    found: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.found}. Next: {self.remedy}"


@dataclass(frozen=True)
class Ledger:
    """The ledger as read. `entries` are the requests by id as they stand; `held` quarantines for lines that cannot be used;
    `lines` those to be sealed: all up to the first that is wrong."""

    entries: Mapping[str, Takedown] = field(default_factory=dict)
    held: tuple[Takedown, ...] = ()
    flaws: tuple[Flaw, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def in_force(self) -> list[Takedown]:
        """Every request whose documents are out of the corpus, in order of id."""
        found = [entry for entry in self.entries.values() if entry.in_force]
        return sorted([*found, *self.held], key=lambda entry: entry.id)

    @property
    def version(self) -> str:
        """Digest of all that decides which documents are out, and of what is published about them."""
        said = [
            [e.id, e.scope.model_dump(), e.decision.state, e.decision.spared, e.reason, e.effect.older_releases]
            for e in self.in_force
        ]
        return digest(said)


def seal(key: bytes, before: str, line: str) -> str:
    """The link of a line to everything before it: HMAC-SHA256 (RFC 2104)."""
    return hmac.digest(key, f"{before}\n{line}".encode(), "sha256").hex()


def sealed(key: bytes, lines: Iterable[str], known: Sequence[Sealed] = ()) -> list[Sealed]:
    """All lines sealed: those known, then those new."""
    chained = list(known)
    for line in list(lines)[len(chained) :]:
        chained.append(Sealed(line, seal(key, chained[-1].seal if chained else "", line)))
    return chained


def read(text: str, known: Sequence[Sealed], key: bytes | None) -> Ledger:
    """The ledger of a file's text, given the lines sealed earlier. Never raises: what is wrong is a flaw."""
    lines = [line for line in text.split("\n") if line.strip()]
    flaws = [*_broken_seals(known, key), *_changed(lines, known)]
    entries: dict[str, Takedown] = {}
    held: list[Takedown] = []
    for sealed_line in known:
        found = _parse(sealed_line.line)
        if isinstance(found, Takedown):
            entries[found.id] = found
    usable = [sealed_line.line for sealed_line in known]
    for number, line in enumerate(lines, 1):
        if number <= len(known):
            if line != known[number - 1].line:
                held += _hold(number, line)
            continue
        found = _parse(line)
        if isinstance(found, Takedown):
            before = entries.get(found.id)
            refused = follows(before, found) if before else None
            if refused is None:
                entries[found.id] = found
                if not flaws:
                    usable.append(line)
                continue
            field_, _, said = refused.partition(": ")
            found = (field_, said)
        flaws.append(Flaw(number, *found, "Mend the line; until then what it names stays out of the corpus."))
        held += _hold(number, line)
    return Ledger(entries, tuple(held), tuple(sorted(flaws, key=lambda flaw: flaw.line)), tuple(usable))


def _broken_seals(known: Sequence[Sealed], key: bytes | None) -> Iterable[Flaw]:
    before = ""
    for number, one in enumerate(known, 1):
        if key is None or seal(key, before, one.line) != one.seal:
            yield Flaw(
                number,
                "seal",
                "the sealed copy was not written with this key, or was changed",
                "Restore PILE_HOME/state from a backup as a whole, the key with it.",
            )
            return
        before = one.seal


def _changed(lines: Sequence[str], known: Sequence[Sealed]) -> Iterable[Flaw]:
    for number, one in enumerate(known, 1):
        if number > len(lines):
            remedy = "Put it back: `pile takedown list --lines` prints the ledger as it was. It stays in force."
            yield Flaw(number, "line", f"it was removed, with {len(known) - number} after it", remedy)
            return
        if lines[number - 1] != one.line:
            remedy = "Undo that: `pile takedown list --lines` prints it as it was. To change a request add a line with its id."
            yield Flaw(number, "line", "it was changed after it had been read once; as it was, it stays in force", remedy)


def _parse(line: str) -> Takedown | tuple[str, str]:
    """The entry of a line, or the field at fault and what is wrong with it."""
    if len(line) > LONGEST_LINE:
        return "line", f"it has {len(line)} characters, more than {LONGEST_LINE}"
    try:
        return Takedown.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "line"
        others = len(error.errors()) - 1
        return place, first["msg"] + (f" (and {others} more)" if others else "")


def _hold(number: int, line: str) -> list[Takedown]:
    """A quarantine for what can still be read of a line."""
    return placeholders(number, _scope_in(line))


def _scope_in(line: str) -> dict[str, Any]:
    """What a line says of its scope, as far as that can be read; of what cannot be, the widest, lest it be lost."""
    try:
        whole = json.loads(line)
        scope = whole.get("scope") if isinstance(whole, dict) else None
        if isinstance(scope, dict):
            return scope
    except (ValueError, RecursionError):
        pass
    kind, value = _KIND.search(line), _VALUE.search(line)
    if not value:
        return {}
    try:
        said = {"value": json.loads(value[1]), "near_duplicates": not _NOT_NEAR.search(line)}
        return said | ({"kind": kind[1]} if kind else {})
    except ValueError:
        return {}
