"""The table of terms: known works, what a missing fact does, and that a verdict turns in the year it says and in no other."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import public_domain
from pile_assets.licensing.model import Claim, Verdict
from pile_assets.licensing.normalise import read
from pile_assets.licensing.public_domain import TABLE, TERM, Standing, Terms, Work, grounded, standing, standings
from pile_assets.licensing.verdict import decide, hold

YEARS = st.one_of(st.none(), st.integers(1700, 2030))
WORKS = st.builds(
    Work,
    published=YEARS,
    country=st.sampled_from([None, "US", "FR"]),
    deaths=st.lists(YEARS, max_size=3).map(tuple),
    anonymous=st.booleans(),
    unpublished=st.booleans(),
    government=st.sampled_from([None, "US", "UK"]),
    renewed=st.sampled_from([None, True, False]),
    notice=st.sampled_from([None, True, False]),
    layers=st.booleans(),
    kind=st.sampled_from(["text", "music"]),
    cleared=st.sampled_from([(), ("US",)]),
)

NOVEL = Work(1931, "US", (1950,), renewed=True)


@pytest.mark.parametrize(
    ("work", "year", "us", "eu", "uk"),
    [
        (Work(1925, "US", (1940,)), 2026, "yes", "yes", "yes"),
        (Work(1930, "US", (1962,)), 2026, "yes", "no", "no"),  # an author who died in 1962 is protected here to 2032
        (NOVEL, 2026, "no", "yes", "yes"),
        (NOVEL, 2027, "yes", "yes", "yes"),
        (Work(1931, "US", (1956,), renewed=True), 2026, "no", "no", "no"),
        (Work(1931, "US", (1956,), renewed=True), 2027, "yes", "yes", "yes"),
        (Work(1950, "US", (None,), renewed=False), 2026, "yes", "unknown", "unknown"),
        (Work(1955, "US", (1990,)), 2026, "unknown", "no", "no"),  # nobody has searched for a renewal
        (Work(1935, "FR", (1950,)), 2026, "unknown", "yes", "yes"),
        (Work(1935, None, (1950,)), 2026, "unknown", "yes", "yes"),
        (Work(1899, "UK", anonymous=True), 2026, "yes", "yes", "yes"),
        (Work(1960, "UK", anonymous=True), 2026, "unknown", "no", "no"),
        (Work(None, "UK", anonymous=True), 2026, "unknown", "unknown", "unknown"),
        (Work(2015, "US", (None,), government="US"), 2026, "yes", "unknown", "unknown"),
        (Work(2015, "UK", (None,), government="UK"), 2026, "unknown", "unknown", "unknown"),
        (Work(1850, "FR", (1870,), layers=True), 2026, "unknown", "unknown", "unknown"),
        (Work(1810, None, (None,)), 2026, "yes", "unknown", "unknown"),
        (Work(1920, "US", (1950, 1960)), 2026, "yes", "no", "no"),  # the last of several authors counts
        (Work(1920, "US", (1950, None)), 2026, "yes", "unknown", "unknown"),
        (Work(1970, "US", (1930,)), 2026, "no", "unknown", "unknown"),  # posthumous
        (Work(1970, "US", (1960,), notice=False), 2026, "yes", "unknown", "unknown"),
        (Work(1985, "US", (1986,), notice=False), 2026, "unknown", "no", "no"),
        (Work(1990, "US", (1991,)), 2026, "no", "no", "no"),
        (Work(unpublished=True, deaths=(1950,)), 2026, "yes", "unknown", "unknown"),
        (Work(1900, "US", (1910,), kind="music"), 2026, "unknown", "unknown", "unknown"),
        (Work(deaths=(1898,), cleared=("US",)), 2026, "yes", "yes", "yes"),
        (Work(), 2026, "unknown", "unknown", "unknown"),
    ],
)
def test_known_works(work: Work, year: int, us: str, eu: str, uk: str) -> None:
    found = {s.jurisdiction: s.in_year(year) for s in standings(work)}
    assert found == {"US": us, "EU": eu, "UK": uk}, [s.rule for s in standings(work)]


@given(WORKS, st.sampled_from(sorted(TABLE)))
def test_a_verdict_turns_once_and_in_the_year_it_says(work: Work, jurisdiction: str) -> None:
    found = standing(work, jurisdiction)
    answers = {year: found.in_year(year) for year in range(1600, 2300)}
    changes = [year for year in range(1601, 2300) if answers[year] != answers[year - 1]]
    assert changes == ([found.turns] if found.turns and 1601 <= found.turns < 2300 else [])
    assert all(answers[year] == "yes" for year in changes)


@given(WORKS, st.sampled_from(sorted(TABLE)))
def test_forgetting_a_fact_never_frees_a_work(work: Work, jurisdiction: str) -> None:
    """Every fact that is taken away leaves the answer or makes it less free: nothing is inferred from what is missing."""
    for year in (1990, 2026, 2060):
        if standing(work, jurisdiction).in_year(year) == "yes":
            continue
        poorer = [
            replace(work, country=None),
            replace(work, deaths=(*work.deaths, None)),
            replace(work, notice=None),
            replace(work, renewed=None),
            replace(work, published=None if jurisdiction == "US" else work.published),  # else: see the module's first lines
        ]
        assert all(standing(less, jurisdiction).in_year(year) != "yes" for less in poorer), standing(work, jurisdiction)


def test_another_jurisdiction_joins_with_a_row() -> None:
    table = {**TABLE, "MX": public_domain.life_plus("MX", 100, 100, "LFDA art. 29")}
    found = standing(Work(1900, "MX", (1926,)), "MX", table)
    assert (found.rule, found.in_year(2026), found.turns) == ("MX-PMA", "no", 2027)
    assert [s.jurisdiction for s in standings(Work(), table)] == ["US", "EU", "UK", "MX"]


# -- documents -----------------------------------------------------------------------------------------------------


def verdict_on(raw: str) -> Verdict:
    return decide("a.txt", [Claim("whole", "", raw, read(raw, "spdx"), "uploader", "here")])


@pytest.mark.parametrize("raw", ["LicenseRef-PublicDomain", "CC-PDM-1.0", "LicenseRef-US-Gov-17USC105"])
def test_an_assertion_is_accepted_with_facts_only(raw: str) -> None:
    bare, none = grounded(verdict_on(raw), None)
    assert (bare.accepted, none) == (False, ())
    found, known = grounded(verdict_on(raw), NOVEL)
    assert (found.accepted, found.spdx, found.family) == (True, TERM, "public-domain")
    assert {s.jurisdiction: s.in_year(2026) for s in known} == {"US": "no", "EU": "yes", "UK": "yes"}


def test_a_clearance_holds_where_it_was_made() -> None:
    found, known = grounded(verdict_on("LicenseRef-PublicDomain-US"), None)
    assert found.accepted
    assert {s.jurisdiction: (s.in_year(2026), s.rule) for s in known} == {
        "US": ("yes", "US-CLEARED"),
        "EU": ("unknown", "EU-DEATH-?"),
        "UK": ("unknown", "UK-DEATH-?"),
    }


@pytest.mark.parametrize("raw", ["CC0-1.0", "MIT", "LicenseRef-PublicDomain-Dedication", "LicenseRef-PublicDomain-US OR MIT"])
def test_what_rests_on_a_licence_has_no_term(raw: str) -> None:
    assert grounded(verdict_on(raw), NOVEL) == (verdict_on(raw), ())


def test_a_part_that_rests_on_a_term_makes_the_whole_rest_on_it() -> None:
    _, known = grounded(verdict_on("MIT AND LicenseRef-PublicDomain-US"), None)
    assert known


def test_facts_open_nothing_that_was_held_or_refused() -> None:
    for given_ in (hold("No licence statement covers this file", "none", "none"), verdict_on("CC-BY-NC-4.0")):
        assert grounded(given_, NOVEL) == (given_, ())


def test_the_name_alone_gives_nothing() -> None:
    """Somebody writes the project's own name for a work whose term was judged, and gives no facts."""
    _, known = grounded(verdict_on(TERM), None)
    assert Terms(2026).refusal({s.jurisdiction: s for s in known})


# -- a deployment --------------------------------------------------------------------------------------------------


def test_a_refusal_names_place_reason_year_and_rule() -> None:
    known = {s.jurisdiction: s for s in standings(NOVEL)}
    assert Terms(2026).refusal(known) == "US: no, renewed (17 USC 304), until the end of 2026 (US-304-R)"
    assert Terms(2027).refusal(known) is None
    assert Terms(2027, ("EU", "US")).refusal(known) is None
    assert Terms(2027, ("CA",)).refusal(known) == "CA: no rule has judged it"


def test_a_corpus_without_a_year_frees_nothing_by_time() -> None:
    assert Terms().refusal({s.jurisdiction: s for s in standings(Work(1800, "US", (1801,)))}) is not None


@given(st.lists(WORKS, max_size=6), st.integers(1990, 2100), st.integers(1990, 2100), st.sampled_from([("US",), ("EU", "US")]))
def test_years_that_reach_the_same_turn_judge_alike(works: list[Work], one: int, other: int, where: tuple[str, ...]) -> None:
    """The key of `eligible` names the turn that was reached: equal keys mean equal verdicts."""
    known = [{s.jurisdiction: s for s in standings(work)} for work in works]
    turns = {name: sorted({turn for s in known if (turn := s[name].turns)}) for name in TABLE}
    first, second = Terms(one, where), Terms(other, where)
    same = [(first.refusal(k) is None) == (second.refusal(k) is None) for k in known]
    if first.reached(turns) == second.reached(turns):
        assert all(same)


def test_standings_survive_their_row() -> None:
    known = standings(NOVEL)
    assert tuple(public_domain.from_evidence(public_domain.as_evidence(known)).values()) == known
    assert isinstance(known[0], Standing)
