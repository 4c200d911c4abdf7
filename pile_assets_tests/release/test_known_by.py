"""What a person may know a document by, in whatever spelling."""

import pytest

from pile_assets.release import known_by


@pytest.mark.parametrize(
    "text",
    [
        "https://www.Example.org/Minutes/2024/#top",
        "http://example.org/minutes/2024",
        "  HTTPS://example.org/Minutes/2024//  ",
        "www.example.org/minutes/2024",
    ],
)
def test_an_address_is_one_however_it_is_written(text):
    assert known_by.address(text) == "example.org/minutes/2024"


def test_an_address_that_is_none_of_the_web_keeps_its_fragment():
    assert known_by.address("pkg:pypi/Requests@2.0#requests/api.py") == "pkg:pypi/requests@2.0#requests/api.py"


@pytest.mark.parametrize(
    "text",
    ["10.1234/Mill.Table", "doi:10.1234/MILL.TABLE", "https://doi.org/10.1234/mill.table).", "see 10.1234/mill.table, p. 3"],
)
def test_a_doi_is_found_in_its_usual_wrappings(text):
    assert known_by.doi(text) == "10.1234/mill.table"


@pytest.mark.parametrize(
    "text",
    [
        "978-3-16-148410-0",
        "9783161484100",
        "ISBN 978 3 16 148410 0",
        "3-16-148410-X",
        "urn:isbn:316148410x",
        "ISBN-10: 3-16-148410-X",
    ],
)
def test_an_isbn_is_one_in_ten_or_thirteen_digits(text):
    assert known_by.isbn(text) == "9783161484100"


@pytest.mark.parametrize("text", ["978-3-16-148410-1", "3-16-148410-1", "1234567890", "", "2024", "97831614841000"])
def test_digits_with_a_wrong_check_digit_are_no_isbn(text):
    assert known_by.isbn(text) is None


def test_an_isbn_can_be_written_back():
    assert known_by.isbn_spellings("9783161484100") == ["9783161484100", "316148410x"]
    assert known_by.isbn_spellings("9791032305690") == ["9791032305690"]


def test_words_lose_case_and_accents():
    assert known_by.words("Über die BRÜCKE, über ﬁle Straße") == ["uber", "die", "brucke", "file", "straße"]


def test_a_document_is_listed_under_every_way_to_know_it():
    keys = known_by.keys_of_document("papers:x/1", "Mills. ISBN 978-3-16-148410-0", "https://doi.org/10.1234/Mill")
    assert keys == {"=url:doi.org/10.1234/mill", "=url:papers:x/1", "=site:doi.org", "=doi:10.1234/mill", "=isbn:9783161484100"}
    for asked in ("HTTPS://DOI.org/10.1234/mill", "doi.org", "10.1234/MILL", "3-16-148410-X"):
        assert keys.intersection(known_by.keys_of_query(asked)), asked


def test_digits_by_chance_are_no_isbn_of_a_document():
    assert not any(
        key.startswith("=isbn") for key in known_by.keys_of_document("a:1", "Report 3161484100 of 2024", "x:3161484100")
    )
