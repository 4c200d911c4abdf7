"""Whether a work is in the public domain: per jurisdiction, in three values, with the rule and the year in which that changes.

What belongs here: the facts that decide, the table of rules, and what it says of a work. What may not: the clock (the year is
an argument), reading facts from a publisher's records (`sources`), or admitting anything that rests on a licence (`verdict`).

The table has one row per rule, in the order in which rules are tried; the first whose condition holds decides. A rule gives an
answer and, where it knows when protection ends, the last protected year: from the year after, the answer is yes. So what is
said of a work is a statement about all years at once, and 1 January turns only the works whose last protected year it ends.
Nothing is inferred from a missing fact: it makes the answer unknown, and unknown is not admitted. The one fact not asked for is
the year of publication where the term runs from death, since the term is the same whenever that was, but for a posthumous work.

Sources of the rules: 17 USC 104A, 105, 302 to 305, 401 and 405; Cornell's chart of terms (P. Hirtle); Directive 2006/116/EC
articles 1, 4, 7 and 8; Copyright, Designs and Patents Act 1988 sections 12 and 12A with schedule 1. The shorter term of a
country of origin is never applied (bilateral treaties break it), nor are longer national terms under article 10(1) of the
directive (Spain: authors who died before 1988; France: authors fallen in war). Not legal advice.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from license_expression import AND, OR

from pile_assets.licensing import expressions
from pile_assets.licensing.model import Verdict

VERSION = "1"
"""Raised whenever the table says something else of the same facts: part of the key of every step that gives verdicts."""

Answer = Literal["yes", "no", "unknown"]
Kind = Literal["text", "image", "music", "recording", "film", "unknown"]


@dataclass(frozen=True)
class Work:
    """The facts of one work that decide about its term. What is not known is None, never a likely value."""

    published: int | None = None  # year of first publication anywhere
    country: str | None = None  # of first publication, ISO 3166-1 alpha-2
    deaths: tuple[int | None, ...] = ()  # year of death of every author; None for one who lives or of whom it is not known
    anonymous: bool = False  # no author was ever disclosed
    unpublished: bool = False
    government: str | None = (
        None  # country whose national officers wrote it in the course of duty; states and contractors do not count
    )
    renewed: bool | None = None  # US registration renewed; False only where somebody searched and found none
    notice: bool | None = None  # copyright notice on the US edition; False only where somebody looked at it
    layers: bool = False  # a translation, an edition, an introduction or pictures by others, whose own facts are not here
    kind: Kind = "text"
    cleared: tuple[str, ...] = ()  # jurisdictions for which the publisher states, after research of its own, that it is free

    @property
    def last_death(self) -> int | None:
        """The year in which the last author died; None unless that is known of every one of them."""
        known = [year for year in self.deaths if year is not None]
        return max(known) if known and len(known) == len(self.deaths) else None


@dataclass(frozen=True)
class Rule:
    """One row of the table. `ends` gives the last protected year; a rule without it gives the same answer for ever."""

    name: str
    applies: Callable[[Work], bool]
    answer: Answer
    why: str
    ends: Callable[[Work], int] | None = None


@dataclass(frozen=True)
class Standing:
    """What the table says of one work in one jurisdiction: `answer` through the year `until`, and yes from the year after."""

    jurisdiction: str
    rule: str
    answer: Answer
    why: str
    until: int | None = None

    def in_year(self, year: int) -> Answer:
        """The answer that holds throughout a year."""
        return "yes" if self.until is not None and year > self.until else self.answer

    @property
    def turns(self) -> int | None:
        """The year on whose 1 January the answer changes; None where it never does."""
        return None if self.until is None or self.answer == "yes" else self.until + 1


# -- the table -----------------------------------------------------------------------------------------------------


def _published(work: Work) -> int:
    return work.published if work.published is not None else 0


def _after_publication(years: int) -> Callable[[Work], int]:
    return lambda work: _published(work) + years


def _after_death(years: int) -> Callable[[Work], int]:
    return lambda work: (work.last_death or 0) + years


def _after_both(death: int, publication: int) -> Callable[[Work], int]:
    """The later of two ends, where it is not known which of them counts."""
    return lambda work: max((work.last_death or 0) + death, _published(work) + publication)


def _common(code: str) -> tuple[Rule, ...]:
    """What no jurisdiction can answer from the facts of the underlying text alone."""
    return (
        Rule(f"{code}-LAYER", lambda w: w.layers, "unknown", "a translation, edition or pictures have terms of their own"),
        Rule(f"{code}-KIND", lambda w: w.kind != "text", "unknown", "the rules are those of texts"),
    )


def life_plus(code: str, years: int, anonymous: int, statute: str) -> tuple[Rule, ...]:
    """The rows of a jurisdiction whose term runs from the death of the last author, or from publication where there is none.

    Terms end on 31 December (Berne Convention article 7(5)). A government's freedom at home says nothing abroad.
    """
    of_publication = f"{anonymous} years from publication ({statute})"
    of_death = f"{years} years from the death of the last author ({statute})"
    return (
        *_common(code),
        Rule(
            f"{code}-GOV", lambda w: w.government is not None, "unknown", "free at home only: copyright abroad is not excluded"
        ),
        Rule(f"{code}-UNPUBLISHED", lambda w: w.unpublished, "unknown", "who publishes it first has a right of 25 years"),
        Rule(
            f"{code}-ANON-?", lambda w: w.anonymous and w.published is None, "unknown", "anonymous, and no year of publication"
        ),
        Rule(f"{code}-ANON", lambda w: w.anonymous, "no", of_publication, _after_publication(anonymous)),
        Rule(f"{code}-DEATH-?", lambda w: w.last_death is None, "unknown", "the year of death of every author is needed"),
        Rule(
            f"{code}-POSTHUMOUS", _posthumous, "unknown", "first published after its author's death", _after_both(years, years)
        ),
        Rule(f"{code}-PMA", lambda w: True, "no", of_death, _after_death(years)),
    )


def _posthumous(work: Work) -> bool:
    return work.published is not None and work.published > (work.last_death or 0)


def _us(work: Work, first: int, last: int) -> bool:
    return work.country == "US" and first <= _published(work) <= last


def _restorable(where: str | None) -> Callable[[Work], bool]:
    """Published before 1978 outside the United States, or nobody knows where: then formalities there do not count."""
    return lambda work: _published(work) <= 1977 and work.country != "US" and (where is None) == (work.country is None)


_UNITED_STATES = (
    Rule("US-CLEARED", lambda w: "US" in w.cleared, "yes", "the publisher states so after research of its own"),
    *_common("US"),
    Rule("US-105", lambda w: w.government == "US", "yes", "a work of the United States Government (17 USC 105)"),
    Rule("US-GOV-?", lambda w: w.government is not None, "unknown", "the work of another government"),
    Rule("US-303-?", lambda w: w.unpublished and w.last_death is None, "unknown", "unpublished, and a death is not known"),
    Rule("US-303", lambda w: w.unpublished, "no", "unpublished: 70 years from death (17 USC 303)", _after_death(70)),
    Rule("US-YEAR-?", lambda w: w.published is None, "unknown", "the year of publication is not known"),
    Rule("US-304-NR", lambda w: _us(w, 0, 1963) and w.renewed is False, "yes", "no renewal was found in a search (17 USC 304)"),
    Rule(
        "US-304-R", lambda w: _published(w) <= 1963 and w.renewed is True, "no", "renewed (17 USC 304)", _after_publication(95)
    ),
    Rule("US-304-?", lambda w: _us(w, 0, 1963), "unknown", "nobody has searched for a renewal", _after_publication(95)),
    Rule("US-104A-?", _restorable(None), "unknown", "no country of publication: see 17 USC 104A", _after_publication(95)),
    Rule("US-104A", _restorable("abroad"), "unknown", "published abroad: see 17 USC 104A", _after_publication(95)),
    Rule("US-401", lambda w: _us(w, 0, 1977) and w.notice is False, "yes", "no notice, as somebody saw (17 USC 401, 405)"),
    Rule("US-304", lambda w: _us(w, 0, 1977), "no", "95 years from publication (17 USC 304)", _after_publication(95)),
    Rule("US-405-?", lambda w: _us(w, 1978, 1988) and w.notice is False, "unknown", "a registration may have cured the notice"),
    Rule("US-302-ANON", lambda w: w.anonymous, "no", "anonymous, from 1978 (17 USC 302)", _after_publication(95)),
    Rule("US-302-?", lambda w: w.last_death is None, "no", "from 1978, and a death is not known (17 USC 302)"),
    Rule("US-302", lambda w: True, "no", "from 1978: by death, or made for hire (17 USC 302)", _after_both(70, 95)),
)

TABLE: Mapping[str, tuple[Rule, ...]] = {
    "US": _UNITED_STATES,
    "EU": life_plus("EU", 70, 70, "Directive 2006/116/EC"),
    "UK": life_plus("UK", 70, 70, "CDPA 1988 s.12"),
}
"""Jurisdiction to its rules. Another one joins with a line, mostly of `life_plus`."""


def standing(work: Work, jurisdiction: str, table: Mapping[str, tuple[Rule, ...]] = TABLE) -> Standing:
    """What the first rule that applies says. Raises KeyError for a jurisdiction that the table does not have."""
    for rule in table[jurisdiction]:
        if rule.applies(work):
            until = rule.ends(work) if rule.ends else None
            return Standing(jurisdiction, rule.name, rule.answer, rule.why, until)
    return Standing(jurisdiction, f"{jurisdiction}-NONE", "unknown", "no rule applies")


def standings(work: Work, table: Mapping[str, tuple[Rule, ...]] = TABLE) -> tuple[Standing, ...]:
    """What the table says of a work in every jurisdiction it has."""
    return tuple(standing(work, jurisdiction, table) for jurisdiction in table)


# -- documents -----------------------------------------------------------------------------------------------------

TERM = "LicenseRef-PublicDomain-Term"
"""Name under which a document stands whose public domain was found by the table."""

_CLEARED = {"LicenseRef-PublicDomain-US": "US"}
"""Names that state a clearance by the publisher for one jurisdiction."""
_RESTING = frozenset({TERM, *_CLEARED})
"""Accepted names that hold only where, and as long as, the table says yes."""
_ASSERTING = frozenset(
    {"LicenseRef-PublicDomain", "LicenseRef-scancode-public-domain", "CC-PDM-1.0", "CC-PDDC", "LicenseRef-US-Gov-17USC105"}
)
"""Names that assert the public domain and give nothing themselves: without facts they are not accepted. The second is how
the expression library spells the first."""


def grounded(given: Verdict, work: Work | None) -> tuple[Verdict, tuple[Standing, ...]]:
    """The verdict on a document with what is known of its work, and where it stands; no standings where it rests on a licence.

    An assertion of the public domain is accepted, under the name `TERM`, only where there are facts for the table to judge.
    Accepted then means accepted where the deployment's jurisdictions say yes, which `eligible` looks up for its year.
    """
    if given.spdx in _ASSERTING and not given.accepted and work is not None:
        rule = f"{given.rule}+term"
        given = replace(given, status="resolved", accepted=True, rule=rule, spdx=TERM, family="public-domain", reason=None)
    if not given.accepted or given.spdx is None or not _rests(expressions.parse(given.spdx)):
        return given, ()
    cleared = {_CLEARED[name] for name in expressions.identifiers(given.spdx) if name in _CLEARED}
    known = work or Work()
    return given, standings(replace(known, cleared=tuple(sorted({*known.cleared, *cleared}))))


def _rests(tree: Any) -> bool:
    """Whether an expression cannot be satisfied without a name that rests on the table."""
    if isinstance(tree, AND):
        return any(_rests(branch) for branch in tree.args)
    if isinstance(tree, OR):
        return all(_rests(branch) for branch in tree.args)
    return str(tree) in _RESTING


def as_evidence(found: Iterable[Standing]) -> dict[str, Any]:
    """Standings as a document's row keeps them: jurisdiction to answer, last protected year, rule and reason."""
    return {s.jurisdiction: {"answer": s.answer, "until": s.until, "rule": s.rule, "why": s.why} for s in found}


def from_evidence(kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Standing]:
    """The standings of a row, by jurisdiction."""
    return {name: Standing(name, fact["rule"], fact["answer"], fact["why"], fact["until"]) for name, fact in kept.items()}


@dataclass(frozen=True)
class Terms:
    """What a deployment asks of works that rest on the public domain: free in all these jurisdictions, in this year."""

    year: int = 0  # 0 before the corpus has been given a year: then no term has ended
    jurisdictions: tuple[str, ...] = ("US",)

    def refusal(self, known: Mapping[str, Standing]) -> str | None:
        """Why a document with these standings is kept out, or None where it is free wherever it must be."""
        for name in self.jurisdictions:
            found = known.get(name)
            if found is None:
                return f"{name}: no rule has judged it"
            if (answer := found.in_year(self.year)) != "yes":
                until = f", until the end of {found.until}" if found.until is not None and answer == "no" else ""
                return f"{name}: {answer}, {found.why}{until} ({found.rule})"
        return None

    def reached(self, turns: Mapping[str, list[int]]) -> str:
        """What of this year and these jurisdictions matters to a partition: the last turn of a document that has come.

        `turns` are the years in which the answers for its documents change, by jurisdiction. Two years between which no
        document turns are the same to it, so that a new year touches only partitions that hold a document it turns.
        """
        last = {
            name: max((turn for turn in turns.get(name, []) if turn <= self.year), default=None) for name in self.jurisdictions
        }
        return " ".join(f"{name}:{turn or '-'}" for name, turn in sorted(last.items()))
