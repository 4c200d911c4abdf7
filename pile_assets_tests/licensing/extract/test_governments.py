"""Works of governments: by their author, where their author is the one the rule is about."""

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import uk_government as uk
from pile_assets.licensing.extract import us_government as us

RIGHTS = (
    "Pursuant to Title 17 Section 105 of the United States Code, this file is not subject to copyright protection"
    " and is in the public domain."
)


def bill(rights: str, *creators: str) -> bytes:
    authors = "".join(f"<dc:creator>{name}</dc:creator>" for name in creators)
    said = f"<dc:rights>{rights}</dc:rights>" if rights else ""
    return f'<bill xmlns:dc="http://purl.org/dc/elements/1.1/"><meta>{authors}{said}</meta><main>Text.</main></bill>'.encode()


def named(claims) -> str | None:
    return verdict.decide("b.xml", claims).spdx


def test_a_bill_of_congress_is_a_federal_work():
    assert named(us.of_uslm(bill(RIGHTS, "United States Senate"), "b.xml")) == us.WORK
    assert named(us.of_uslm(bill("", "United States House of Representatives"), "b.xml")) == us.WORK


@pytest.mark.parametrize(
    "content",
    [
        bill(RIGHTS, "State of Ohio"),
        bill(RIGHTS, "United States Senate", "A Contractor Inc."),
        bill(RIGHTS.replace("not subject", "subject"), "United States Senate"),
        bill(RIGHTS + " Except for the pictures.", "United States Senate"),
        bill("All rights reserved.", "United States Senate"),
        bill("", "State of Ohio"),
        bill(""),
        b"<bill>",
    ],
)
def test_the_rule_is_about_federal_authors_only(content):
    assert named(us.of_uslm(content, "b.xml")) is None


def test_a_federal_work_is_not_accepted_as_if_it_were_free_everywhere():
    given = verdict.decide("b.xml", us.of_uslm(bill(RIGHTS, "United States Senate"), "b.xml"))
    assert (given.status, given.accepted) == ("resolved", False)


def test_the_federal_register_is_its_agencies():
    rule = b"<RULE><PREAMB><AGENCY>BUREAU OF BREAD</AGENCY></PREAMB></RULE>"
    assert named(us.of_federal_register(rule, "b.xml")) == us.WORK
    assert us.of_federal_register(rule.replace(b"RULE", b"ARTICLE"), "b.xml") == ()
    assert us.of_federal_register(b"<RULE/>", "b.xml") == ()


def test_a_docket_holds_the_publics_comments_too():
    def entry(kind: str, agency: str | None = "BOB"):
        return {"id": kind, "attributes": {"documentType": kind, "agencyId": agency}}

    kinds = ["Rule", "Notice", "Public Submission", "Other", "Supporting & Related Material"]
    found = us.of_regulations_gov({"data": [entry(kind) for kind in kinds]}, "page")
    assert [name for name, claims in found.items() if claims] == ["Rule", "Notice"]
    assert us.of_regulations_gov({"data": [entry("Rule", None), "x", {"attributes": 3}]}, "page") == {"Rule": ()}


@pytest.mark.parametrize(
    ("court", "federal"),
    [
        ("Supreme Court of the United States", True),
        ("United States District Court, D. Puerto Rico.", True),
        ("United States Court of Appeals, Ninth Circuit.", True),
        ("Supreme Court of Nebraska", False),
        ("District of Columbia Court of Appeals.", False),
        ("", False),
    ],
)
def test_an_opinion_is_a_federal_work_where_its_court_is_federal(court, federal):
    case = f"<Case><Jurisdiction><CourtName>{court}</CourtName></Jurisdiction></Case>".encode()
    assert bool(us.of_case(case, "b.xml")) is federal


def test_a_reprint_in_the_congressional_record_blocks_the_granule():
    head = "[Congressional Record Volume 1, Number 2 (Monday, May 3, 1999)]\nFrom the Congressional Record\n\nMr. SMITH.\n"
    assert named(us.of_congressional_record(head, "b.xml")) == us.WORK
    assert named(us.of_congressional_record(head + "  [From the Daily Loaf, May 2]\n", "b.xml")) is None
    assert us.of_congressional_record("Any other text.", "b.xml") == ()


def test_a_patent_is_its_inventors_and_a_notice_in_it_blocks():
    assert us.of_patent("We claim: a toaster.", "p") == ()
    kept = "A portion of the disclosure of this patent document contains material which is subject to copyright protection."
    assert verdict.decide("p", us.of_patent(kept, "p")).status == "conflict"


# -- United Kingdom ------------------------------------------------------------------------------------------------

OGL = '<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="license" href="http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3"/>'


def act(inner: str = "", uri: str = "http://www.legislation.gov.uk/id/ukpga/2000/1") -> bytes:
    return f'<Legislation xmlns:dc="http://purl.org/dc/elements/1.1/" IdURI="{uri}">{inner}</Legislation>'.encode()


def test_an_act_that_links_its_licence_is_under_it_and_one_that_does_not_says_nothing():
    assert verdict.decide("a", uk.of_legislation(act(OGL), "a")).spdx == "OGL-UK-3.0"
    assert uk.of_legislation(act("<dc:publisher>Statute Law Database</dc:publisher>"), "a") == ()


@pytest.mark.parametrize(
    "content",
    [
        act(OGL + "<dc:publisher>Westlaw</dc:publisher>"),
        act(OGL, "http://www.legislation.gov.uk/id/eur/2016/679"),
        act(OGL.replace("version/3", "version/9")),
        b"<Legislation",
    ],
)
def test_what_is_not_the_crowns_alone_is_held(content):
    assert not verdict.decide("a", uk.of_legislation(content, "a")).accepted


@pytest.mark.parametrize(
    ("identifier", "blocked"),
    [
        ("uk.org.publicwhip/debate/2009-10-26a.1.0", False),
        ("uk.org.publicwhip/lords/2009-10-26a.1.0", False),
        ("uk.org.publicwhip/ni/2009-10-12.0.1", True),
        ("uk.org.publicwhip/spor/2009-10-28.1.0", True),
        ("org.openaustralia/senate/2007-09-20.1.1", True),
        ("anything", True),
    ],
)
def test_a_debate_of_another_parliament_is_blocked(identifier, blocked):
    content = f'<!DOCTYPE publicwhip [<!ENTITY pound "&#163;">]><publicwhip><speech id="{identifier}"/></publicwhip>'.encode()
    assert bool(uk.of_debates(content, "d.xml")) is blocked
