"""Claims in, one verdict out: which licence a document has, and whether it may be used. Fail closed.

Only claims that cover the document and speak of text compete, nearest first: the file's own head, the nearest licence
file, the distribution or repository, the host. A nearer statement replaces a wider one; one that is incomplete (a family
without a version, or words about borrowed parts) is completed by the wider one and never by a guess. Of statements at one
distance the most restrictive wins, where keeping it keeps the others too; else they disagree. Reading statements is
`contexts`' work, which licences are accepted is `accepted`'s.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from pile_assets.licensing import accepted, expressions, names
from pile_assets.licensing.model import NOT_CONTENT, PART, SILENT, SUFFICIENT, VENDORED, Claim, Speaker, Status, Verdict

VERSION = "8"
"""Raised whenever the same files are read or weighed otherwise: part of the key of every step that gives verdicts."""

NOTHING_SAID = "No licence statement covers this file"
NOT_ACCEPTED = "Licence not accepted"
DISAGREE = "Licence statements disagree"
NOT_UNDERSTOOD = "Licence statement not understood"
FAMILY_ONLY = "Only the licence family is known"
VENDORED_CODE = "Vendored code without a licence statement of its own"
NO_NOTICE = "Licence notice missing"
CODE_ONLY = "Licence of the repository's code, not of its content"
NOT_ENTITLED = "Licence stated by nobody who may give it"
NO_AUTHOR = "Nobody to credit"
RESERVED = "Use reserved by the publisher"
CAUSES = (
    *(NOTHING_SAID, NOT_ACCEPTED, DISAGREE, NOT_UNDERSTOOD, FAMILY_ONLY, VENDORED_CODE, NO_NOTICE, CODE_ONLY, NOT_ENTITLED),
    NO_AUTHOR,
    RESERVED,
)
"""What `decide`, `without_notice` and `credited` give as causes; a source that holds documents by `hold` adds its own."""


def cause(reason: str) -> str:
    """The stable beginning of a verdict's reason: what held or rejected documents are counted under."""
    return reason.partition(":")[0].rstrip(".")


def counted_under(reason: str) -> str:
    """A reason without the places it was read in, so that equal reasons are counted together."""
    kind = cause(reason)
    if kind in (NOT_ACCEPTED, FAMILY_ONLY, NOT_UNDERSTOOD) and reason.endswith(")."):
        return reason.rpartition(" (")[0]
    return kind


def decide(path: str, claims: Sequence[Claim]) -> Verdict:
    """The verdict on the document at `path` of its partition.

    Resolved and accepted only where every claim at the deciding distance was understood, agrees with the others, and
    names a licence on the table; otherwise `reason` says why not and begins with one of this module's causes.
    """
    levels = [
        list(group)
        for _, group in groupby(
            sorted((claim for claim in claims if _competes(claim, path)), key=_distance),
            key=_distance,
        )
    ]
    outcome = _weigh(levels)
    if outcome.spdx is None:
        return Verdict(outcome.status, False, outcome.rule, reason=outcome.reason, evidence=outcome.evidence)
    judgement = accepted.judge(outcome.spdx)
    if not judgement.accepted:
        reason = f"{NOT_ACCEPTED}: {judgement.reason} ({_places(outcome.evidence)})."
        return Verdict("resolved", False, outcome.rule, outcome.spdx, reason=reason, evidence=outcome.evidence)
    given = Verdict("resolved", True, outcome.rule, judgement.expression, judgement.family, evidence=outcome.evidence)
    return believed(given, SUFFICIENT)


def believed(given: Verdict, speakers: Collection[Speaker]) -> Verdict:
    """The verdict where only `speakers` are believed alone: an accepted one needs a claim of theirs that names its licence.

    A registry record can ask for more than `decide` does, never for less: what is held stays held.
    """
    if not given.accepted or any(claim.who in speakers and claim.reading.spdx for claim in given.evidence):
        return given
    said = dict.fromkeys(f"{claim.who} ({claim.where})" for claim in given.evidence if claim.reading.spdx)
    reason = f"{NOT_ENTITLED}: {given.spdx} is said by {', '.join(said)}, and by no {' or '.join(sorted(speakers))}."
    return replace(given, accepted=False, family=None, status="unresolved", spdx=None, reason=reason)


def hold(why: str, detail: str, rule: str, evidence: Sequence[Claim] = ()) -> Verdict:
    """A verdict that keeps a document out whatever its licence says: `why` is the cause, `detail` ends the sentence."""
    return Verdict("unresolved", False, rule, reason=f"{why}: {detail}.", evidence=tuple(evidence))


def without_notice(given: Verdict) -> Verdict:
    """The verdict on a document whose licence asks for a copyright line that is nowhere to be found."""
    reason = f"{NO_NOTICE}: {given.spdx} asks for the copyright line, and neither the file nor its distribution has one."
    return replace(given, accepted=False, family=None, status="unresolved", spdx=None, reason=reason)


def credited(given: Verdict, author: str | None, attribution: str | None) -> Verdict:
    """The verdict where the author's name or a line of credit is known, or the licence asks for neither; else it is held.

    Creative Commons BY 4.0 s.3(a)(1)(A)(i) and its like: who passes the work on names its author. What cannot be credited
    cannot be passed on.
    """
    if not given.accepted or given.spdx is None or not accepted.judge(given.spdx).attribution:
        return given
    if (author or "").strip() or (attribution or "").strip():
        return given
    reason = f"{NO_AUTHOR}: {given.spdx} asks that the author be named, and no author or line of credit is known."
    return replace(given, accepted=False, family=None, status="unresolved", spdx=None, reason=reason)


def covers(claim: Claim, path: str) -> bool:
    """Whether the claim's scope holds the path: all of it, a subtree that ends in a slash, or the one file."""
    return claim.scope in ("", path) or (claim.scope.endswith("/") and path.startswith(claim.scope))


def _competes(claim: Claim, path: str) -> bool:
    return claim.kind in ("whole", "tree", "file") and claim.reading.rule != SILENT and covers(claim, path)


def _distance(claim: Claim) -> tuple[int, int]:
    if claim.kind == "file":
        return 0, 0
    if claim.kind == "tree":
        return 1, -len(claim.scope)
    return (2, 0) if claim.who == "rightsholder" else (3, 0) if claim.who == "host" else (4, 0)


@dataclass(frozen=True)
class _Outcome:
    """What one distance, or several together, come to: an expression, or a status with a reason."""

    status: Status
    rule: str
    evidence: tuple[Claim, ...]
    spdx: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class _Incomplete:
    """Claims that need the next wider statement: what they name exactly, and families to find there."""

    spdx: str | None
    families: tuple[str, ...]
    evidence: tuple[Claim, ...]


def _weigh(levels: Sequence[Sequence[Claim]]) -> _Outcome:
    if not levels:
        return _Outcome("unresolved", "none", (), reason=f"{NOTHING_SAID}.")
    nearest = tuple(levels[0])
    found = _failed(nearest) or (_bound_together(nearest) if nearest[0].kind == "file" else _agreed(nearest))
    return found if isinstance(found, _Outcome) else _completed(found, levels[1:])


def _failed(claims: tuple[Claim, ...]) -> _Outcome | None:
    """Refused families and statements that could not be read stop the verdict where they stand.

    A refused family is resolved without an expression: no version of it would be accepted.
    """
    for claim in claims:
        why = accepted.refusal(claim.reading.family or "") if claim.reading.status == "family-only" else None
        if why and (claim.kind == "file" or len(claims) == 1):
            reason = f"{NOT_ACCEPTED}: {claim.reading.family} {why} ({_places((claim,))})."
            return _Outcome("resolved", claim.reading.rule, claims, reason=reason)
    for claim in sorted(claims, key=_gravity):
        if claim.reading.rule == VENDORED:
            return _Outcome("unresolved", VENDORED, claims, reason=f"{VENDORED_CODE}: {claim.scope}.")
        if claim.reading.rule == NOT_CONTENT:
            return _Outcome("unresolved", NOT_CONTENT, claims, reason=f"{CODE_ONLY}: {_places((claim,))}.")
        if claim.reading.status == "conflict":
            reason = f"{DISAGREE}: {_places((claim,))} makes several that do not go together."
            return _Outcome("conflict", claim.reading.rule, claims, reason=reason)
        if claim.reading.status == "unresolved":
            reason = f"{NOT_UNDERSTOOD}: {_quoted(claim)} ({_places((claim,))})."
            return _Outcome("unresolved", claim.reading.rule, claims, reason=reason)
    return None


def _gravity(claim: Claim) -> int:
    """Which of several failures is told: the same whatever the order in which the claims came."""
    return 0 if claim.reading.rule in (VENDORED, NOT_CONTENT) else 1 if claim.reading.status == "conflict" else 2


def _bound_together(claims: tuple[Claim, ...]) -> _Outcome | _Incomplete:
    """A file's own statements hold together: all of what they name."""
    exact = tuple(dict.fromkeys(claim.reading.spdx for claim in claims if claim.reading.spdx))
    families = tuple(dict.fromkeys(claim.reading.family or "" for claim in claims if not claim.reading.spdx))
    spdx = _and(exact) if exact else None
    if spdx is not None and not accepted.judge(spdx).accepted:
        return _Outcome("resolved", claims[0].reading.rule, claims, spdx)
    if families or any(claim.reading.rule == PART for claim in claims):
        return _Incomplete(spdx, families, claims)
    return _Outcome("resolved", claims[0].reading.rule, claims, spdx)


def _agreed(claims: tuple[Claim, ...]) -> _Outcome | _Incomplete:
    """Statements at one distance about the same files must agree: the one that names most, or asks most, covers all others."""
    exact = [claim for claim in claims if claim.reading.spdx]
    families = tuple(dict.fromkeys(claim.reading.family or "" for claim in claims if not claim.reading.spdx))
    if not exact:
        if len(families) == 1:
            return _Incomplete(None, families, claims)
        return _disagreement(claims)
    widest = next((claim for claim in exact if all(_kept_by(other, claim) for other in exact)), None)
    if widest is None or not _has_families(spdx := widest.reading.spdx or "", families):
        return _disagreement(claims)
    return _Outcome("resolved", widest.reading.rule, (widest, *(claim for claim in claims if claim is not widest)), spdx)


def _completed(found: _Incomplete, wider: Sequence[Sequence[Claim]]) -> _Outcome:
    """The nearer claims together with the next wider verdict, where that has the families they name."""
    outcome = _weigh(wider)
    rule = found.evidence[0].reading.rule
    evidence = found.evidence + outcome.evidence
    if outcome.spdx is not None and _has_families(outcome.spdx, found.families):
        if found.spdx is None or expressions.identifiers(found.spdx) <= expressions.identifiers(outcome.spdx):
            return _Outcome("resolved", f"{rule}+{outcome.rule}", evidence, outcome.spdx)
        return _Outcome("resolved", f"{rule}+{outcome.rule}", evidence, _and((outcome.spdx, found.spdx)))
    if found.families:
        reason = f"{FAMILY_ONLY}: {', '.join(found.families)} ({_places(found.evidence)})."
        return _Outcome("family-only", rule, found.evidence, reason=reason)
    reason = f"{NOT_UNDERSTOOD}: the file's head speaks of a part of it, and for the rest: {outcome.reason}"
    return _Outcome("unresolved", rule, evidence, reason=reason)


def _disagreement(claims: tuple[Claim, ...]) -> _Outcome:
    said = dict.fromkeys(f"{claim.reading.spdx or claim.reading.family} ({_places((claim,))})" for claim in claims)
    return _Outcome("conflict", "conflict", claims, reason=f"{DISAGREE}: {' against '.join(said)}.")


def _within(smaller: str, larger: str) -> bool:
    """Whether `larger` is the same statement or names everything `smaller` does and more."""
    less, more = expressions.identifiers(smaller), expressions.identifiers(larger)
    return less < more or expressions.parse(smaller) == expressions.parse(larger)


def _kept_by(other: Claim, chosen: Claim) -> bool:
    """Whether who keeps what `chosen` names keeps what `other` names as well."""
    less, more = other.reading.spdx or "", chosen.reading.spdx or ""
    return _within(less, more) or accepted.asks_no_more(less, more)


def _has_families(spdx: str, families: Sequence[str]) -> bool:
    return {names.family_of(identifier) for identifier in expressions.identifiers(spdx)} >= set(families)


def _and(parts: Sequence[str]) -> str:
    """All parts together, each once, alternatives kept in brackets."""
    flat = dict.fromkeys(piece for part in parts for piece in ([part] if " OR " in part else part.split(" AND ")))
    if len(flat) == 1:
        return next(iter(flat))
    return " AND ".join(f"({piece})" if " OR " in piece else piece for piece in flat)


def _places(evidence: Sequence[Claim]) -> str:
    """Where claims stood; a place in the document itself without its path, so that equal reasons of many files are equal."""
    return "; ".join(dict.fromkeys(_place(claim) for claim in evidence[:3]))


def _place(claim: Claim) -> str:
    if claim.kind != "file" or not claim.scope or claim.scope not in claim.where:
        return claim.where
    place = claim.where.replace(claim.scope, "").strip()
    return "the file's own head" if place in ("", "head") else f"the document's own {place}"


_TOLD_BY_RULE = {
    "header-spdx": "its SPDX line is no valid expression",
    "header-restricts": "it restricts use",
    "header-text-changed": "it changes a known licence text",
    "licence-text-changed": "it changes a known licence text",
    "licence-text-restricts": "it restricts use",
    "licence-text-unknown": "it is no known licence text",
}


def _quoted(claim: Claim) -> str:
    """What was not understood: in words where the rule tells, else the statement itself."""
    if told := _TOLD_BY_RULE.get(claim.reading.rule):
        return told
    text = " ".join(claim.raw.split())
    return f"“{text if len(text) <= 80 else text[:79] + '…'}”"
