"""What a policy may say: thresholds over attributes, spans to mask, and signs of lower quality.

Only the shapes, and the check that everything named exists, belong here. Reading files and applying a policy to
documents is `policy`.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from pile_assets.errors import RegistryError
from pile_assets.filters import FILTERS
from pile_assets.filters.media import Kind
from pile_assets.schemas import SPAN

MOST_SIGNS = 7
"""Signs a section may list: the worst quality bucket is 7."""

TAKEDOWN = "takedown"
LICENCE_HELD = "licence-held"
LICENCE_REJECTED = "licence-rejected"
NOT_PUBLIC_DOMAIN = "not-public-domain"
MEDIA_TYPE_UNKNOWN = "media-type-unknown"
ATTRIBUTE_MISSING = "attribute-missing"
OWN_REASONS = (TAKEDOWN, LICENCE_HELD, LICENCE_REJECTED, NOT_PUBLIC_DOMAIN, MEDIA_TYPE_UNKNOWN, ATTRIBUTE_MISSING)
"""Reasons `policy.decide` gives by itself; a rule cannot use them, or counts by reason would mix two things."""

Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60)]
Attribute = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]
Number = StrictInt | Annotated[StrictFloat, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """Base of every part of a policy: unknown fields are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Part):
    """One condition a document must meet, and the reason it is dropped for where it does not.

    Either `min` and `max` (both inclusive, one may be missing), or `equals`, or `one_of`.
    """

    rule: Word
    attribute: Attribute
    min: Number | None = None
    max: Number | None = None
    equals: StrictBool | StrictStr | None = None
    one_of: tuple[StrictStr, ...] | None = None
    drop_because: Word

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        has_range = self.min is not None or self.max is not None
        if has_range + (self.equals is not None) + (self.one_of is not None) != 1:
            raise ValueError("needs exactly one of: min and/or max, equals, one_of")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.one_of == ():
            raise ValueError("one_of is empty, so that every document would be dropped")
        if self.drop_because in OWN_REASONS:
            raise ValueError(f"drop_because {self.drop_because!r} is a reason the policy engine gives by itself")
        return self

    def broken(self, values: pl.Series) -> pl.Series:
        """True where a value does not meet the condition, null where it is null."""
        if self.equals is not None:
            return values != self.equals
        if self.one_of is not None:
            return ~values.is_in(self.one_of)
        if self.min is None:
            return values > self.max
        return values < self.min if self.max is None else (values < self.min) | (values > self.max)

    def explain(self, value: Any) -> str:
        """The rule with the value that broke it, e.g. "gopher_quality.word_count 23 < 50"."""
        if self.equals is not None:
            return f"{self.attribute} {_shown(value)} is not {_shown(self.equals)}"
        if self.one_of is not None:
            return f"{self.attribute} {value} is not one of {', '.join(self.one_of)}"
        if self.min is not None and value < self.min:
            return f"{self.attribute} {_shown(value, self.min)} < {self.min}"
        return f"{self.attribute} {_shown(value, self.max)} > {self.max}"


class Sign(Part):
    """A value above or below a bound that speaks against a document without dropping it."""

    attribute: Attribute
    above: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("needs exactly one of above, below")
        return self

    def shows(self, values: pl.Series) -> pl.Series:
        """True where the sign is there; a missing value counts against the document."""
        found = values > self.above if self.above is not None else values < self.below
        return found.fill_null(True)


class Section(Part):
    """What is asked of one kind of text: rules in order, the first broken one drops; signs are counted."""

    rules: tuple[Rule, ...]
    quality: Annotated[tuple[Sign, ...], Field(max_length=MOST_SIGNS)] = ()

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [rule.rule for rule in self.rules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"a rule is named twice: {', '.join(twice)}")
        return self


class Edit(Part):
    """A column of spans, and what stands in the text instead of a span of each kind ("" removes it)."""

    spans: Attribute
    masks: dict[Word, StrictStr]


class Policy(Part):
    """A source's thresholds and edits, one section per kind of text."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    description: str
    prose: Section
    code: Section
    edits: tuple[Edit, ...] = ()

    def section(self, kind: Kind) -> Section:
        """The section for one kind of text."""
        return self.prose if kind == "prose" else self.code

    def digest(self) -> str:
        """A hash of everything that can change a verdict or a text; the description cannot."""
        return _digest(self.model_dump(mode="json", exclude={"description"}))

    def edits_digest(self) -> str:
        """A hash of the edits alone: thresholds change no text."""
        return _digest([edit.model_dump(mode="json") for edit in self.edits])

    def edited_columns(self) -> tuple[str, ...]:
        """The span columns that are edited, as "<filter>.<column>"."""
        return tuple(edit.spans for edit in self.edits)

    def check(self, chain: Sequence[str]) -> None:
        """Whether the filters of a chain emit everything this policy names, in a fitting type.

        Raises RegistryError with every offender in `problems`: a misspelled attribute would otherwise never match and
        its rule never fire.
        """
        problems = [f"{self.name}.yaml: {place}: {problem}" for place, problem in self._problems(chain)]
        if problems:
            raise RegistryError(
                f"Policy {self.name} cannot be applied after the filters {', '.join(chain)}: {'; '.join(problems)}.",
                remedy=f"Mend each field named in {self.name}.yaml, or the `filters` of the source's record.",
                problems=problems,
            )

    def _problems(self, chain: Sequence[str]) -> Iterator[tuple[str, str]]:
        for kind, section in (("prose", self.prose), ("code", self.code)):
            for rule in section.rules:
                for problem in _mismatches(rule.attribute, chain, _tested_type(rule), kind):
                    yield f"{kind}.rules.{rule.rule}.attribute", problem
            for index, sign in enumerate(section.quality):
                for problem in _mismatches(sign.attribute, chain, "a number", kind):
                    yield f"{kind}.quality.{index}.attribute", problem
        for index, edit in enumerate(self.edits):
            problems = list(_mismatches(edit.spans, chain, "spans", None))
            yield from ((f"edits.{index}.spans", problem) for problem in problems)
            if not problems:
                kinds = FILTERS[edit.spans.partition(".")[0]].kinds
                for span_kind in sorted(set(kinds) - set(edit.masks)):
                    yield f"edits.{index}.masks", f"there is no mask for {span_kind}; add one"
                for span_kind in sorted(set(edit.masks) - set(kinds)):
                    yield f"edits.{index}.masks", f"{edit.spans} has no {span_kind}; its kinds are {', '.join(kinds)}"


Tested = Literal["a number", "true or false", "text", "spans"]


def _tested_type(rule: Rule) -> Tested:
    if isinstance(rule.equals, bool):
        return "true or false"
    return "text" if rule.equals is not None or rule.one_of is not None else "a number"


def _mismatches(attribute: str, chain: Sequence[str], tested: Tested, kind: str | None) -> Iterator[str]:
    """What is wrong with naming `attribute` where a value of type `tested` of documents of `kind` is needed."""
    name, _, column = attribute.partition(".")
    if name not in FILTERS:
        yield f"there is no filter {name}; known are {', '.join(FILTERS)}"
        return
    chosen = FILTERS[name]
    if name not in chain:
        yield f"the chain does not run the filter {name}; add it to the record's filters or drop the rule"
    if column not in chosen.schema:
        yield f"{name} emits no {column}; it emits {', '.join(chosen.schema)}"
    elif not _fits(pl.Schema(chosen.schema)[column], tested):
        yield f"{attribute} is {chosen.schema[column]}, and {tested} is needed here"
    if kind is not None and chosen.media not in ("all", kind):
        yield f"{name} reads no {kind}, so this would never apply; move it to the section {chosen.media}"


def _fits(dtype: pl.DataType, tested: Tested) -> bool:
    if tested == "a number":
        return dtype.is_numeric()
    return dtype == {"true or false": pl.Boolean(), "text": pl.String(), "spans": pl.List(SPAN)}[tested]


def _shown(value: Any, bound: Number | None = None) -> str:
    """A value for people: four digits unless they would hide on which side of the bound it lies."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, float):
        return str(value)
    short = f"{value:.4g}"
    return repr(value) if float(short) == bound else short


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
