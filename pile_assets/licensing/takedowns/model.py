"""What a takedown says, as pydantic models; every field is checked before anything uses it.

Only shapes and rules that one entry alone must satisfy belong here. Reading lines is `ledger`, finding documents `scopes`.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pile_assets.store import digest

Kind = Literal["doc_id", "url_prefix", "author_key", "source", "repo", "doi", "content_hmac"]
Standing = Literal["pending_quarantined", "granted", "partially_granted", "refused", "reversed"]
Reason = Literal[
    "wrong_licence",
    "licence_laundering",
    "personal_data",
    "opt_out_preference",
    "court_order",
    "upstream_deleted",
    "pd_status_error",
    "other",
]
OlderReleases = Literal["kept", "withdrawn", "rewritten"]

Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$")]
"""A day, or a second in UTC."""

GRANTED: frozenset[Standing] = frozenset({"granted", "partially_granted"})
IN_FORCE: frozenset[Standing] = GRANTED | {"pending_quarantined"}
"""The standings under which documents stay out of the corpus: a request takes effect before anybody has decided on it."""

FOLLOWS: dict[Standing, frozenset[Standing]] = {
    "pending_quarantined": frozenset({"granted", "partially_granted", "refused"}),
    "granted": frozenset({"partially_granted", "reversed"}),
    "partially_granted": frozenset({"granted", "reversed"}),
    "refused": frozenset({"pending_quarantined", "granted", "partially_granted"}),
    "reversed": frozenset({"pending_quarantined", "granted", "partially_granted"}),
}
"""Which decision may follow which; one may always be written again unchanged, e.g. with another `purge`."""

UNUSABLE = "TD-0000-9999"
"""Ids up to this stand for lines that cannot be used."""

_SHAPES: dict[str, tuple[str, str]] = {
    "doc_id": (r"[a-z][a-z0-9_]*:.+", "<source>:<native id>, as `pile find` prints it"),
    "url_prefix": (
        r"(?:[a-z][a-z0-9+.-]*://[^/\s]+|pkg:[a-z]+/\S)\S*",
        "an address with a host, e.g. https://example.org/book/",
    ),
    "author_key": (r".*\w.*", "a name"),
    "source": (r"[a-z][a-z0-9_]{0,59}", "the name of a source"),
    "repo": (r"[^\s/]+(?:/[^\s/]+){1,2}", "owner/name, host/owner/name, or a package like pkg:pypi/name"),
    "doi": (r"(?:https?://(?:dx\.)?doi\.org/|doi:\s?)?10\.\d{4,9}/\S+", "a DOI, e.g. 10.1000/182"),
    "content_hmac": (r"[0-9a-f]{64}", "64 hexadecimal digits, as `pile takedown fingerprint` prints them"),
}


class Part(BaseModel):
    """Base of every part of an entry: unknown fields are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Scope(Part):
    """Which documents are meant. `future`: also those that arrive later, and the same text under another id.
    `near_duplicates`: also those that resemble one of them, which else may take its place."""

    kind: Kind
    value: Annotated[str, Field(min_length=1, max_length=2000)]
    case_sensitive: bool = False
    future: bool = True
    near_duplicates: bool = False

    @model_validator(mode="after")
    def _has_the_shape_of_its_kind(self) -> Self:
        shape, wanted = _SHAPES[self.kind]
        if not re.fullmatch(shape, self.value.strip(), re.IGNORECASE if self.kind != "content_hmac" else 0):
            raise ValueError(f"value is {self.value!r}; a {self.kind} is {wanted}")
        return self


class Decision(Part):
    """Where the request stands. `spared` are document ids that a partial grant leaves in; `purge` says that the bytes are
    to be removed from the store as well, not only kept out of the corpus."""

    state: Standing
    on: Moment
    by: str | None = None
    spared: tuple[str, ...] = ()
    purge: bool = False

    @model_validator(mode="after")
    def _says_what_is_spared(self) -> Self:
        if (self.state == "partially_granted") != bool(self.spared):
            raise ValueError("spared lists the documents that stay in: exactly where the state is partially_granted")
        if self.purge and self.state not in GRANTED:
            raise ValueError("purge is for a request that is granted")
        return self


class Effect(Part):
    """What the operator states of the consequences; measured ones are shown by `pile takedown show`.

    With a purge, `older_releases` says what becomes of releases that hold the documents: `withdrawn` ones lose their files,
    `rewritten` ones are written anew without them."""

    docs_removed: Annotated[int, Field(ge=0)] = 0
    releases_affected: tuple[str, ...] = ()
    first_clean_release: str | None = None
    older_releases: OlderReleases = "kept"


class Takedown(Part):
    """One request as it stands. The names and addresses of people who ask are kept elsewhere, never here."""

    id: Annotated[str, Field(pattern=r"^TD-\d{4}-\d{4}$")]
    received: Moment
    requester_role: Literal["rightsholder", "agent", "data_subject", "upstream_withdrawal", "maintainer", "regulator"]
    channel: Literal["form", "email", "issue", "upstream_feed", "internal_audit"]
    reason: Reason
    basis: Literal["legal", "voluntary"]
    scope: Scope
    decision: Decision
    effect: Effect = Effect()
    history: Annotated[tuple[tuple[Moment, str], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _purge_reaches_older_releases(self) -> Self:
        if self.decision.purge and self.effect.older_releases == "kept":
            raise ValueError(
                "a purge reaches the files of older releases too: effect.older_releases must be withdrawn or rewritten"
            )
        return self

    @property
    def in_force(self) -> bool:
        """Whether its documents are out of the corpus."""
        return self.decision.state in IN_FORCE

    @property
    def name(self) -> str:
        """What its documents are remembered under: the id, and for an unusable line also what the line means."""
        return self.id if self.id > UNUSABLE else f"{self.id}:{digest(self.scope.model_dump())[:8]}"

    @property
    def granted(self) -> bool:
        return self.decision.state in GRANTED

    def as_line(self) -> str:
        """The entry as a line of the ledger, without its end."""
        return self.model_dump_json(exclude_none=False)


def follows(before: Takedown, after: Takedown) -> str | None:
    """Why a later entry of the same id cannot stand; None where it can."""
    fixed = ("received", "requester_role", "channel", "scope")
    if changed := [name for name in fixed if getattr(before, name) != getattr(after, name)]:
        return f"{changed[0]}: it differs from the earlier line of {after.id}; another request needs an id of its own"
    if after.history[: len(before.history)] != before.history:
        return "history: it must begin with the history of the earlier line"
    if after.decision.state != before.decision.state and after.decision.state not in FOLLOWS[before.decision.state]:
        allowed = ", ".join(sorted(FOLLOWS[before.decision.state]))
        return f"decision.state: {after.decision.state} cannot follow {before.decision.state}; {allowed} can"
    return None


def placeholders(line: int, scope: dict[str, Any]) -> list[Takedown]:
    """Quarantines for the readable scope of a line that cannot be used; none where its value cannot be read either.

    What narrows a scope counts only where it can be read; with a field that cannot, it means as much as it may have meant: with
    a kind that is none, every kind that has such values.
    """
    said = {name: scope[name] for name in Scope.model_fields if name in scope}
    kinds = [kind for kind in _SHAPES if kind == said.get("kind")] or list(_SHAPES)
    meant = (_widest(said | {"kind": kind}) for kind in kinds)
    return [_placeholder(line, one) for one in meant if one is not None]


def _widest(said: dict[str, Any]) -> Scope | None:
    """The scope that is said, or all that its kind and value may mean where something else in it cannot be read."""
    for fields in (said, {name: said[name] for name in ("kind", "value") if name in said} | {"near_duplicates": True}):
        try:
            return Scope.model_validate(fields)
        except ValueError:
            continue
    return None


def _placeholder(line: int, meant: Scope) -> Takedown:
    day = "0001-01-01"
    return Takedown(
        id=f"TD-0000-{line % 10_000:04d}",
        received=day,
        requester_role="maintainer",
        channel="internal_audit",
        reason="other",
        basis="voluntary",
        scope=meant,
        decision=Decision(state="pending_quarantined", on=day),
        history=((day, f"line {line} of the ledger cannot be used"),),
    )
