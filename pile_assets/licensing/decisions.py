"""What reviewers decided that a statement means, where the vocabularies could not tell.

What belongs here: what a decision is, which statement of a held document it speaks of, and the verdict it makes. What may not:
reading files (`registry.load`), finding held documents (`review.queue`).

A decision speaks of the exact words that decided, never of something like them, and only where the licence was not understood:
it cannot open what is refused, what a source holds for its own reasons, or a document about which nothing is said.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pile_assets.licensing import accepted, expressions, verdict
from pile_assets.licensing.model import Claim, Reading, Verdict

DECIDABLE = (verdict.NOT_UNDERSTOOD, verdict.FAMILY_ONLY, verdict.DISAGREE)
"""Causes for which a document is held that a reviewer can settle by reading the statement."""

EXCERPTED = ("licence-text", "header")
"""Beginnings of rules whose claims keep an excerpt: there the hash of the whole is part of the statement."""
LONGEST = 480
"""Characters. A claim keeps 500 of its statement: near that, the hash of the whole is part of it too."""

Text = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """Base of every part of a decision: unknown fields are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ground(Part):
    """Where a reviewer read what the statement means."""

    url: Text
    retrieved: date
    quote: Annotated[str, Field(min_length=1, max_length=500)]


class Decision(Part):
    """What one statement means, in one source or, without `source`, everywhere."""

    statement: Text  # as `pile review queue` prints it
    source: str | None = None
    means: Text  # SPDX expression; a licence that is refused may be named too, then the documents are rejected
    reason: Annotated[str, Field(min_length=20)]
    evidence: tuple[Ground, ...] = ()
    by: Annotated[list[str], Field(min_length=1)]  # roles
    on: date

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        if expressions.parse(self.means) is None:
            raise ValueError(f"means: {self.means!r} is no valid SPDX expression")
        if accepted.judge(self.means).accepted and not self.evidence:
            raise ValueError("evidence: a decision that lets documents in needs a place where its meaning was read")
        return self


def statement_of(given: Verdict) -> str:
    """The words that decided, each once, in one line: what a decision is about. Empty where nothing was said."""
    return " | ".join(dict.fromkeys(_words(claim.raw, claim.reading.rule, claim.sha256) for claim in given.evidence))


def _words(raw: str, rule: str, sha256: str) -> str:
    text = re.sub(r"\s+", " ", raw).strip()
    return f"{text[:120]} [sha256 {sha256}]" if rule.startswith(EXCERPTED) or len(raw) >= LONGEST else text


def decidable(given: Verdict) -> bool:
    """Whether a decision may speak of this document at all."""
    held = not given.accepted and given.status != "resolved"
    return held and verdict.cause(given.reason or "") in DECIDABLE and bool(statement_of(given))


def applying(decisions: Iterable[Decision], source: str) -> tuple[Decision, ...]:
    """The decisions that hold for a source: its own before those that hold everywhere."""
    found = [decision for decision in decisions if decision.source in (None, source)]
    return tuple(sorted(found, key=lambda decision: (decision.source is None, decision.statement, decision.on)))


def apply(decisions: Sequence[Decision], given: Verdict, attribution: str | None) -> Verdict:
    """The verdict after what reviewers decided; the same where no decision speaks of it.

    `attribution` is the document's line of authorship: a licence that asks for it is not given without.
    """
    if not decisions or not decidable(given):
        return given
    said = statement_of(given)
    decision = next((decision for decision in decisions if re.sub(r"\s+", " ", decision.statement).strip() == said), None)
    return given if decision is None else _decided(decision, given, attribution)


def _decided(decision: Decision, given: Verdict, attribution: str | None) -> Verdict:
    judgement = accepted.judge(decision.means)
    where = f"decision of {decision.on} by {', '.join(decision.by)}"
    reading = Reading("resolved", "decision", decision.means)
    word = Claim("whole", "", decision.reason[:500], reading, "third-party", where)
    rule, evidence = f"decision+{given.rule}", (word, *given.evidence)
    if not judgement.accepted:
        reason = f"{verdict.NOT_ACCEPTED}: {judgement.reason} ({where})."
        return Verdict("resolved", False, rule, decision.means, reason=reason, evidence=evidence)
    found = Verdict("resolved", True, rule, judgement.expression, judgement.family, evidence=evidence)
    return verdict.without_notice(found) if judgement.notice and not attribution else found
