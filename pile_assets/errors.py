"""The errors an operator reads.

Every error raised on purpose is one of these; each names the source, the partition, the document, the cause and
the next step as far as they are known. Nothing here formats output for a terminal, and nothing here is caught
silently: the chain catches `Quarantine` per partition, the command line prints any `PileError` and exits 1.
"""

from collections.abc import Sequence
from typing import Any, Self


class PileError(Exception):
    """A failure with a cause and a remedy, located as closely as possible.

    `cause` says what was found, `remedy` what the operator does next; both are whole sentences.
    """

    def __init__(
        self, cause: str, *, remedy: str, source: str | None = None, partition: str | None = None, document: str | None = None
    ):
        self.cause, self.remedy = cause, remedy
        self.source, self.partition, self.document = source, partition, document
        super().__init__(cause)

    def __str__(self) -> str:
        place = " / ".join(part for part in (self.source, self.partition, self.document) if part)
        return f"{place + ': ' if place else ''}{self.cause} Next: {self.remedy}"

    def __reduce__(self) -> Any:
        """So that an error can cross from one process to another: its parts are no arguments of `Exception`."""
        return _made_again, (type(self), self.args, self.__dict__)

    def at(self, *, source: str | None = None, partition: str | None = None, document: str | None = None) -> Self:
        """This error, with those parts of its place filled in that it did not name itself."""
        self.source, self.partition = self.source or source, self.partition or partition
        self.document = self.document or document
        return self

    def as_dict(self) -> dict[str, str | None]:
        """The same facts for `--json` and for event metadata."""
        return {
            "source": self.source,
            "partition": self.partition,
            "document": self.document,
            "cause": self.cause,
            "remedy": self.remedy,
        }


def _made_again(kind: type[PileError], arguments: tuple[Any, ...], parts: dict[str, Any]) -> PileError:
    error = kind.__new__(kind, *arguments)
    error.__dict__.update(parts)
    return error


class Quarantine(PileError):
    """One partition's input is unusable: it keeps its last good version and the rest of the build goes on."""


class NotAdmitted(PileError):
    """A source whose licence review does not admit it was asked for documents."""


class RegistryError(PileError):
    """One registry file is unusable; `problems` lists every field at fault, so that one edit mends them all."""

    def __init__(self, cause: str, *, remedy: str, source: str | None = None, problems: Sequence[str] = ()):
        super().__init__(cause, remedy=remedy, source=source)
        self.problems = tuple(problems)


class StoreDamage(PileError):
    """A file of the store is missing or its bytes are not those its manifest promises."""


class Busy(PileError):
    """Another build or daemon run holds the lock."""
