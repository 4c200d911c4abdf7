"""Licences of contributions by their column or their date, and of documents made of several."""

import pytest

from pile_assets.licensing import verdict
from pile_assets.licensing.extract import stackexchange
from pile_assets.licensing.model import Verdict

NEW = {"Id": "1", "CreationDate": "2020-01-01T00:00:00.000", "ContentLicense": "CC BY-SA 4.0"}
OLD = {"Id": "2", "CreationDate": "2011-04-07T23:59:59.999"}


def judged(*rows: dict[str, str]) -> Verdict:
    return verdict.decide("q/1", stackexchange.of_document([("Posts.xml", row) for row in rows], "q/1"))


@pytest.mark.parametrize(
    ("row", "spdx"),
    [
        (NEW, "CC-BY-SA-4.0"),
        (OLD, "CC-BY-SA-2.5"),
        ({"Id": "3", "CreationDate": "2011-04-08T00:00:00.000"}, "CC-BY-SA-3.0"),
        ({"Id": "4", "CreationDate": "2018-05-01T23:59:59.999"}, "CC-BY-SA-3.0"),
        ({"Id": "5", "CreationDate": "2018-05-02T00:00:00.000"}, "CC-BY-SA-4.0"),
        ({**OLD, "LastEditDate": "2019-06-01T00:00:00.000"}, "CC-BY-SA-4.0"),
    ],
)
def test_a_contribution_is_under_its_column_or_the_terms_of_its_day(row, spdx):
    assert judged(row).spdx == spdx


def test_a_document_is_under_the_licences_of_all_its_parts():
    assert judged(NEW, OLD, NEW).spdx == "CC-BY-SA-4.0 AND CC-BY-SA-2.5"


@pytest.mark.parametrize(
    "altered", ["", "CC BY 4.0", "CC BY-NC-SA 4.0", "cc by-sa 4.0 ", "CC BY-SA 5.0", "public domain", "CC0"]
)
def test_an_altered_content_license_is_not_replaced_by_the_rule_of_dates(altered):
    given = judged({**NEW, "ContentLicense": altered})
    if altered.strip().upper() == "CC BY-SA 4.0":
        return
    assert not given.accepted
    assert judged({name: value for name, value in NEW.items() if name != "ContentLicense"}).accepted  # what the guard prevents


def test_one_altered_row_keeps_the_whole_document_out():
    assert not judged(NEW, {**NEW, "ContentLicense": "CC BY-NC-SA 4.0"}).accepted


def test_a_row_without_column_and_date_blocks_its_document():
    assert judged(NEW, {"Id": "9"}).status == "unresolved"
    assert not judged({"Id": "9", "CreationDate": "yesterday"}).accepted


def test_rows_are_read_past_a_byte_order_mark():
    content = b'\xef\xbb\xbf<?xml version="1.0"?><posts><row Id="1" ContentLicense="CC BY-SA 4.0"/></posts>'
    assert list(stackexchange.rows(content)) == [{"Id": "1", "ContentLicense": "CC BY-SA 4.0"}]
