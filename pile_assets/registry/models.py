"""What a registry record may hold, as pydantic models; every field is checked before anything uses it.

Only shapes and rules that one record alone must satisfy belong here. Reading files is `load`.
"""

import math
import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Text = Annotated[str, Field(min_length=1)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Domain(StrEnum):
    """Common Pile's kinds of text; shards never mix two of them."""

    CODE = "code"
    BOOKS = "books"
    ACADEMIC = "academic"
    GOVERNMENT = "government"
    LEGAL = "legal"
    WIKI = "wiki"
    FORUMS = "forums"
    EDUCATION = "education"
    WEB = "web"
    SPEECH = "speech"


class Level(StrEnum):
    """How far a record's licence has been reviewed; a build admits from a configured level upward."""

    PROPOSED = "proposed"
    DOCUMENTED = "documented"
    VERIFIED = "verified"
    NEEDS_REVIEW = "needs_review"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REJECTED = "rejected"


class Refresh(StrEnum):
    """How often a source is asked for news by itself; the minute is spread over sources by the schedule."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Origin(StrEnum):
    """How the text of a source came to be, for the composition of a release."""

    HUMAN = "human"  # written by people and taken as it was written
    OCR = "ocr"  # read from images
    ASR = "asr"  # heard from recordings
    MACHINE_TRANSLATION = "machine-translation"
    SYNTHETIC = "synthetic"


ADMITTING = (Level.DOCUMENTED, Level.VERIFIED)
"""The levels that can admit a source at all, weakest first."""


class Part(BaseModel):
    """Base of every part of a record: unknown fields are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Licence(Part):
    """What the publisher says of the whole collection, and where the binding statement is found."""

    raw: Text
    spdx: Text
    granularity: Literal["source", "document", "contribution"]
    date_rules: list[tuple[str, str]] = []
    normaliser_rule: str | None = None
    speakers: Annotated[list[Literal["rightsholder", "host", "uploader"]], Field(min_length=1)] = [
        *("rightsholder", "host", "uploader"),
    ]  # whose statement alone may admit a document; leave out those who only relay or re-publish
    od_conformance: Literal["approved", "rejected", "not_reviewed"] | None = None
    blueoak: Literal["model", "gold", "silver", "bronze", "lead"] | None = None


class Evidence(Part):
    """One place where the licence is stated, as it was on the day it was looked at."""

    kind: Literal[
        "licence_page",
        "terms_of_use",
        "api_field",
        "file_header",
        "rights_statement",
        "email",
        "statute",
        "catalogue_record",
        "renewal_search",
    ]
    url: Text
    retrieved: date
    sha256: Digest
    quote: Annotated[str, Field(min_length=1, max_length=500)]
    snapshot: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] | None = None  # a file in registry/evidence/<id>/
    seen: str | None = None  # in words, what was looked at where no snapshot is kept, e.g. a file at a commit
    watch: Literal["bytes", "quote", "never"] = "bytes"  # what of the page must stay as it is
    who_speaks: Literal["rightsholder", "host", "aggregator", "uploader", "third_party"] | None = None


class Preferences(Part):
    """Machine-readable wishes of the publisher on the day they were checked."""

    robots_txt: Literal["allowed", "disallowed", "absent", "not_applicable"]
    tdmrep: Literal["reserved", "not_reserved", "absent", "not_applicable"]
    aipref: Literal["y", "n", "unknown", "not_applicable"]
    checked: date
    policy: Literal["record", "hold"] = "record"  # what to do about a page whose publisher reserves its use


class Sample(Part):
    """A human's sample of documents: how many were judged, how many had the wrong licence."""

    n: Annotated[int, Field(ge=0)]
    wrong: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _wrong_within_n(self) -> Self:
        if self.wrong > self.n:
            raise ValueError(f"{self.wrong} wrong of {self.n} judged: more wrong than judged")
        return self

    @property
    def at_most(self) -> float:
        """The share of wrong licences that the sample does not exclude: the upper end of Wilson's interval at 95 %
        (Wilson 1927, JASA 22), 1.0 for an empty sample."""
        if not self.n:
            return 1.0
        z, share = 1.959964, self.wrong / self.n
        middle = share + z * z / (2 * self.n)
        spread = z * math.sqrt(share * (1 - share) / self.n + z * z / (4 * self.n * self.n))
        return (middle + spread) / (1 + z * z / self.n)


class Review(Part):
    """The state of the review and who stands for it (roles, not private persons)."""

    status: Level
    by: list[str] = []
    on: date
    expires: date
    sample: Sample
    notes: str = ""

    @model_validator(mode="after")
    def _verified_was_sampled(self) -> Self:
        if self.status is Level.VERIFIED and (self.sample.n < 20 or not self.by):
            raise ValueError("a verified source needs a reviewer in `by` and a sample of at least 20 documents")
        return self


class Partitioning(Part):
    """How the collection is cut into partitions. Keys are for ever: `pattern` must match every key."""

    unit: Text  # in words, e.g. "100 PEP numbers"
    pattern: Text  # regular expression a key must match whole

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


class SizeCap(Part):
    """Byte limits: a longer document is skipped and counted, a larger partition is quarantined."""

    document_bytes: Annotated[int, Field(gt=0)] = 32 * 1024 * 1024
    partition_bytes: Annotated[int, Field(gt=0)] = 2 * 1024 * 1024 * 1024


class Mixture(Part):
    """Weight of the source in each recipe: copies per epoch; 0 leaves it out."""

    main: Annotated[float, Field(ge=0, le=64)] = 1.0
    cooldown: Annotated[float, Field(ge=0, le=64)] = 1.0


class Record(Part):
    """One source: how to fetch it, why it may be used, and how its text is treated."""

    schema_version: Annotated[Literal[1], Field(alias="schema")]
    id: Name
    title: Text
    description: Text
    homepage: Text
    domain: Domain
    connector: Name  # module of pile_assets.sources
    enabled: bool = True
    options: dict[str, Any] = {}
    partitioning: Partitioning
    refresh: Refresh
    origin: Origin = Origin.HUMAN  # how its text came to be, of the source as a whole
    seniority: Annotated[int, Field(ge=0)]  # order among sources whose partitions are first seen together; unique
    tier: Annotated[int, Field(ge=0, le=9)] = 5  # smaller wins duplicates, whatever the seniority
    filters: Annotated[list[Name], Field(min_length=1)]
    policy: Name
    mixture: Mixture = Mixture()
    size_cap: SizeCap = SizeCap()
    owners: list[Annotated[str, Field(pattern=r"^team:[A-Za-z0-9_-]+$")]] = []
    rights_basis: Literal[
        "licence_grant", "dedication", "term_expired", "gov_work", "no_copyright_subject_matter", "permission_letter"
    ]
    licence: Licence
    evidence: Annotated[list[Evidence], Field(min_length=1)]
    preferences: Preferences
    jurisdictions: dict[str, Literal["yes", "no", "unknown"]]
    obligations: list[
        Literal[
            "attribution",
            "licence_text",
            "licence_link",
            "share_alike",
            "notice_file",
            "mark_changes",
            "database_notice",
            "no_endorsement",
            "none",
        ]
    ]
    laundering_risks: list[str] = []
    review: Review

    @field_validator("filters")
    @classmethod
    def _filters_once(cls, value: list[str]) -> list[str]:
        if len(set(value)) != len(value):
            raise ValueError("a filter is named twice")
        return value

    @model_validator(mode="after")
    def _verified_has_a_licence(self) -> Self:
        of_the_source = self.licence.granularity == "source"  # else each document has a verdict of its own
        if of_the_source and self.review.status is Level.VERIFIED and re.search("NOASSERTION|UNKNOWN", self.licence.spdx):
            raise ValueError("a verified source cannot have an unknown licence")
        return self

    def refusal(self, minimum: Level = Level.DOCUMENTED) -> str | None:
        """Why this source may not yield documents, or None where its review admits it at `minimum` or above."""
        status = self.review.status
        if status in ADMITTING and ADMITTING.index(status) >= ADMITTING.index(minimum):
            return None
        return (
            f"its review status is {status.value}, and this deployment admits from {minimum.value} upward. "
            f"A reviewer must look at the evidence of registry record {self.id}.yaml and set review.status"
        )
