"""Catalogues, libraries, data sets and records: who speaks, for which version, from when, and what an empty list says."""

import json
from datetime import date

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import bibliographic, datasets, gutenberg, libraries, mediawiki, record
from pile_assets.registry.load import load
from pile_assets.sources.formats import rdf

BY = "https://creativecommons.org/licenses/by/4.0/"
TODAY = date(2026, 11, 25)


def crossref(*entries: dict) -> tuple:
    return bibliographic.of_crossref({"DOI": "10.1/x", "license": list(entries)}, "works", TODAY)


def entry(url: str = BY, version: str = "vor", start: list[int] | None = None, **more) -> dict:
    return {"URL": url, "content-version": version, "start": {"date-parts": [start or [2020, 1, 1]]}, **more}


def spdx(claims, name: str = "10.1/x") -> str | None:
    given = verdict.decide(name, claims)
    return given.spdx if given.accepted else None


def test_a_work_is_under_what_holds_for_its_version_of_record_today():
    assert spdx(crossref(entry())) == "CC-BY-4.0"
    assert spdx(crossref(entry(), entry("https://example.org/mining", "tdm"))) == "CC-BY-4.0"
    assert spdx(crossref(entry(version="am"))) is None
    assert spdx(crossref(entry(start=[2026, 12]))) is None
    assert spdx(crossref(entry(start=[2026]))) is None  # on which day of it, an embargo does not say
    assert spdx(crossref(entry(start=[2026, 11]))) is None
    assert spdx(crossref(entry(start=[2026, 10]))) == spdx(crossref(entry(start=[2025]))) == "CC-BY-4.0"
    for start in ([], [None], [2026, 13, 1], [0], ["x"]):
        assert spdx(crossref({**entry(), "start": {"date-parts": [start]}})) is None
    assert spdx(crossref(entry(), entry(BY.replace("/by/", "/by-nc/")))) is None


@pytest.mark.parametrize(
    "work", [{}, {"license": []}, {"license": None}, {"license": "CC BY"}, {"license": ["CC BY"]}, {"license": [{}]}]
)
def test_an_empty_or_odd_list_of_licences_is_not_open(work):
    assert spdx(bibliographic.of_crossref({"DOI": "10.1/x", **work}, "works", TODAY)) is None


def test_rights_of_a_datacite_record_must_agree():
    def rights(*values: dict) -> tuple:
        return bibliographic.of_datacite({"id": "10.1/x", "attributes": {"rightsList": list(values)}}, "records")

    assert spdx(rights({"rightsUri": BY}, {"rightsUri": "info:eu-repo/semantics/openAccess"})) == "CC-BY-4.0"
    assert spdx(rights({"rights": "Open Access"})) is None
    assert spdx(rights({"rightsUri": BY}, {"rightsUri": BY.replace("/by/", "/by-nc/")})) is None
    assert spdx(rights()) is None


def test_what_a_directory_says_of_a_journal_never_admits_an_article():
    article = {"id": "a", "bibjson": {"journal": {"license": [{"type": "CC BY 4.0"}]}}}
    given = verdict.decide("a", bibliographic.of_doaj(article, "articles"))
    assert verdict.cause(given.reason or "") == verdict.NOT_ENTITLED
    assert bibliographic.of_doaj({"id": "a", "bibjson": {"journal": {"license": []}}}, "articles") == ()


@pytest.mark.parametrize(
    "licences", [[], [{"License": "Unspecified"}], [{"License": ""}], ["MIT License"], [{"License": "CC BY 4.0"}]]
)
def test_a_list_of_data_sets_never_admits_one_and_least_of_all_with_an_empty_list(licences):
    summary = {"Unique Dataset Identifier": "d", "Licenses": licences}
    assert spdx(datasets.of_data_provenance(summary, "registry"), "d") is None


def test_an_empty_list_read_as_open_would_be_a_claim():
    assert datasets.of_data_provenance({"Unique Dataset Identifier": "d", "Licenses": []}, "registry") == ()
    [claim] = datasets.of_data_provenance({"Unique Dataset Identifier": "d", "Licenses": [{"License": "MIT License"}]}, "r")
    assert claim.who == "aggregator"


@pytest.mark.parametrize("identifier", [{}, {"id": None, "DOI": None}, {"id": "", "DOI": ""}])
def test_a_record_that_does_not_say_of_what_it_speaks_licenses_nothing(identifier):
    journal = {"bibjson": {"journal": {"license": [{"type": "CC BY 4.0"}]}}}
    stated = [
        bibliographic.of_crossref({**identifier, "license": [entry()]}, "works", TODAY),
        bibliographic.of_datacite({**identifier, "attributes": {"rightsList": [{"rightsUri": BY}]}}, "records"),
        bibliographic.of_doaj({**identifier, **journal}, "articles"),
        datasets.of_dolma({**identifier, "metadata": {"license": "CC-BY-4.0"}}, "part"),
        datasets.of_video({**identifier, "license": "creativeCommon"}, "videos"),
        libraries.of_loc({**identifier, "rights": ["https://creativecommons.org/publicdomain/zero/1.0/"]}, "loc"),
    ]
    for claims in stated:
        assert claims
        for name in ("", "10.1/x", "anything"):
            assert verdict.decide(name, claims).reason == "No licence statement covers this file."


def test_rows_of_the_dolma_format_say_what_their_metadata_does():
    row = {"id": "1", "metadata": {"license": "CC-BY-4.0"}}
    assert [claim.reading.spdx for claim in datasets.of_dolma(row, "part")] == ["CC-BY-4.0"]
    for silent in ({"id": "1"}, {"id": "1", "metadata": None}, {"id": "1", "metadata": {"license": []}}):
        assert datasets.of_dolma(silent, "part") == ()


def test_a_models_message_is_blocked_and_a_persons_says_nothing():
    assert datasets.of_oasst({"message_id": "m", "synthetic": False, "model_name": None}, "tree") == ()
    assert verdict.decide("m", datasets.of_oasst({"message_id": "m", "model_name": "a model"}, "tree")).status == "unresolved"


def test_a_video_is_its_uploaders_word_which_a_record_need_not_believe():
    given = verdict.decide("v", datasets.of_video({"id": "v", "status": {"license": "creativeCommon"}}, "videos"))
    assert given.spdx == "CC-BY-3.0"
    assert not verdict.believed(given, ["rightsholder"]).accepted
    assert not verdict.decide("v", datasets.of_video({"id": "v", "license": "youtube"}, "videos")).accepted


# -- libraries -----------------------------------------------------------------------------------------------------


def test_an_item_of_bhl_is_what_the_library_found_out():
    item = {
        "ItemID": 7,
        "CopyrightStatus": "Public domain. The BHL considers that this work is no longer under copyright protection.",
    }
    [(name, claims)] = libraries.of_bhl(json.dumps({"Result": [item]}).encode(), "bhl").items()
    assert name == "item/7"
    assert verdict.decide(name, claims).accepted is False  # asserted, and the table of terms must judge it
    xml = b"<Response><Item><ItemID>7</ItemID><CopyrightStatus>In copyright</CopyrightStatus></Item></Response>"
    assert list(libraries.of_bhl(b"\xef\xbb\xbf" + xml, "bhl")) == ["item/7"]
    assert libraries.of_bhl(b'{"Result": [{"PageID": 1}]}', "bhl") == {}


@pytest.mark.parametrize("content", [b"{", b"<Response", b"", b'<!DOCTYPE x [<!ENTITY a "b">]><Response/>'])
def test_an_answer_that_cannot_be_read_is_refused(content):
    with pytest.raises(ValueError, match=r"Expecting|well-formed|declares"):
        libraries.of_bhl(content, "bhl")


def test_free_access_is_no_right():
    assert libraries.of_loc({"item": {"id": "i"}, "access_restricted": False}, "loc") == ()
    claims = libraries.of_loc({"id": "i", "rights": ["No known restrictions on publication."]}, "loc")
    assert claims
    assert not verdict.decide("i", claims).accepted


RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:pgterms="http://www.gutenberg.org/2009/pgterms/">
<pgterms:ebook rdf:about="ebooks/7">{rights}</pgterms:ebook></rdf:RDF>"""


@pytest.mark.parametrize(
    ("rights", "accepted"),
    [
        ("<dcterms:rights>Public domain in the USA.</dcterms:rights>", True),
        ("<dcterms:rights>Copyrighted. Read the copyright notice inside this book for details.</dcterms:rights>", False),
        ("<dcterms:rights>Public domain in the USA.</dcterms:rights><dcterms:rights>Copyrighted.</dcterms:rights>", False),
        ("", False),
    ],
)
def test_a_book_is_what_its_record_says_whatever_its_text_lacks(rights, accepted):
    """The text has no banner in any of these cases: nothing in a text is asked."""
    book = rdf.read_book(RDF.format(rights=rights).encode(), 7)
    assert verdict.decide("7/7.txt", gutenberg.of_book(book, "7/", "7/pg7.rdf")).accepted is accepted


# -- wikis and records ---------------------------------------------------------------------------------------------


def test_a_wiki_says_what_holds_for_its_pages():
    def answer(url: str, text: str) -> bytes:
        return json.dumps({"query": {"rightsinfo": {"url": url, "text": text}}}).encode()

    sharealike = "https://creativecommons.org/licenses/by-sa/4.0/"
    claims = mediawiki.of_rightsinfo(answer(sharealike, "Creative Commons Attribution-Share Alike 4.0"), "wiki")
    assert verdict.decide("any page", claims).spdx == "CC-BY-SA-4.0"
    differing = mediawiki.of_rightsinfo(answer(sharealike, "Creative Commons Attribution 4.0"), "wiki")
    assert not verdict.decide("any page", differing).accepted
    assert mediawiki.of_rightsinfo(answer("", ""), "wiki") == ()
    for broken in (b"[]", b"{", b"3", b'{"query": {"rightsinfo": 3}}'):
        assert not verdict.decide("any page", mediawiki.of_rightsinfo(broken, "wiki")).accepted


def test_a_registry_record_is_the_widest_claim_with_the_day_it_was_looked_up():
    records = load().records
    one = records["python_standard_library"]
    wide = one.model_copy(update={"licence": one.licence.model_copy(update={"granularity": "source", "spdx": "CC0-1.0"})})
    claims = record.of_record(wide)
    assert {claim.retrieved for claim in claims} == {found.retrieved.isoformat() for found in one.evidence}
    assert all((claim.kind, claim.scope, claim.reading.spdx) == ("whole", "", "CC0-1.0") for claim in claims)
    each = one.model_copy(update={"licence": one.licence.model_copy(update={"granularity": "document"})})
    assert record.of_record(each) == ()
