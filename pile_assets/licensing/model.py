"""The words of a licence verdict: what was read, what was claimed, what was decided.

Frozen dataclasses only. Reading strings is `normalise`, weighing claims is `verdict`.
"""

from dataclasses import dataclass
from typing import Literal

Status = Literal["resolved", "family-only", "unresolved", "conflict"]
Kind = Literal["whole", "tree", "file", "binary", "notice"]
Speaker = Literal["rightsholder", "host", "aggregator", "uploader", "third-party"]

SILENT = "silent"
"""Rule of a reading whose statement names no licence at all: it makes no claim."""
PART = "part"
"""Rule of a reading that speaks of a part of its file: it adds to the next wider statement instead of replacing it."""
VENDORED = "vendored"
"""Rule of a reading made where other people's code is bundled without a statement of its own."""
NOT_CONTENT = "code-licence-only"
"""Rule of a reading made where a repository licenses its code and says nothing of the content it carries."""
SUFFICIENT: frozenset[Speaker] = frozenset({"rightsholder", "host", "uploader"})
"""Who is believed alone, unless a registry record believes fewer. What an aggregator or a third party says can refuse a
document, never admit it: lists of data sets omit or err in most licences (Longpre et al. 2023, Data Provenance Initiative)."""


@dataclass(frozen=True)
class Reading:
    """What one licence string says. `spdx` only where status is resolved; `rule` names what fired."""

    status: Status
    rule: str
    spdx: str | None = None
    family: str | None = None  # the licence's own family where the version is unknown, e.g. "CC-BY", "BSD"
    port: str | None = None  # jurisdiction port of a Creative Commons URL


@dataclass(frozen=True)
class Claim:
    """Somebody's statement about the licence of some paths of a partition.

    `scope` is a path prefix ("" covers all, "pkg/_vendor/x/" a subtree, "a/b.py" one file). `binary` and `notice`
    claims are kept as evidence and never decide about text.
    """

    kind: Kind
    scope: str
    raw: str  # the statement as it stood, at most 500 characters
    reading: Reading
    who: Speaker
    where: str  # file and field it stood in, e.g. "requests-2.34.2.dist-info/METADATA License-Expression"
    sha256: str = ""  # of the file it stood in
    retrieved: str | None = None  # ISO day a page was looked up apart from the document; else its raw file's capture tells


@dataclass(frozen=True)
class Verdict:
    """The licence of one document. Only `accepted` documents may reach a shard."""

    status: Status
    accepted: bool
    rule: str
    spdx: str | None = None
    family: str | None = None  # one of schemas.LICENCE_FAMILIES, only where accepted
    reason: str | None = None  # why held or rejected, a whole sentence; None where accepted
    evidence: tuple[Claim, ...] = ()  # nearest first
