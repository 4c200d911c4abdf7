"""Telephone numbers: found in the forms people write, and told from ISBNs, dates, identifiers and measurements."""

import re

import pytest

from pile_assets.filters import pii
from pile_assets_tests.filters.pii.marked import found, unmarked

NEVER = re.compile(rb"(?!)")


@pytest.mark.parametrize(
    "text",
    [
        "call ⟦+44 20 7946 0958⟧.",
        "(⟦+44 20 7946 0958⟧)",
        "⟦+442079460958⟧",
        "⟦+44 (0)20 7946 0958⟧",
        "⟦+49-30-901820-0⟧ or ⟦+49 30/901820⟧",
        "⟦+1 202 555 0143⟧, ⟦+1-202-555-0143⟧ and ⟦+1.202.555.0143⟧",
        "⟦+12025550143⟧\n",
        "tel:⟦+352 26203652⟧ ",
        "⟦(202) 555-0143⟧ and ⟦(202)555-0143⟧",
        "⟦202-555-0143⟧; ⟦202.555.0143⟧; ⟦1-800-555-0143⟧",
        "⟦202–555–0143⟧",  # en dashes, as the Federal Register prints them
        "⟦(202)\u00a0555–0143⟧",
        "⟦202-555-0143⟧x12 and ⟦202 555-0143⟧ ext. 7",
        "made up: ⟦555-123-4567⟧",
        "Tel. ⟦020 7946 0958⟧, Fax: ⟦030 / 901820⟧".replace("030 / 901820", "030/901820"),
        '{"phone": "⟦020 7946 0958⟧"}',
        "phone number ⟦901 82 00⟧",
        "Tél. : ⟦01 99 00 12 34⟧",
        "电话:⟦+86 10 6552 9988⟧。",
    ],
)
def test_numbers_are_found_with_their_exact_boundaries(text: str) -> None:
    assert found(unmarked(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "ISBN 9780306406157 etc",
        "ISBN 978-0-306-40615-7, ISBN-10 0-306-40615-2",
        "ISSN 2049-3630",
        "ORCID 0000-0002-1825-0097",
        "2024-01-15 and 15.01.2024 and 2024/01/15 12:30:45",
        "2011-01-01 00:00:00 +0530",
        "id 4155550143 and 5550143",
        "550e8400-e29b-41d4-a716-446655440000",
        "doi:10.1016/j.cub.2011.05.009",
        "docket 202-555-0143",
        "part no. 202-555-0143",
        "x-202-555-0143",
        "202-555-0143-77 and 9202-555-0143",
        "911-555-0143 and 202-911-0143",
        "137-020-0805",
        "+2147483647 and +9223372036854775807",
        "+3.14159265358979 and +1.4142135623",
        "+65        0 and +71        1",
        "+1980-02-29 01:02",
        "206.766 9894 and 998  999 1000",
        "a+44 20 7946 0958",
        "192.168.255.255 and 10.20.30.40",
        "fax 2012-03-04 and phone 1876-1900",
        "the telephone 1 of 2",
        "+999 20 7946 0958",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert found(text) == text


def test_groups_beyond_the_longest_number_belong_to_the_next_sentence() -> None:
    assert found("+1 202 555 0143 2011 was") == "⟦+1 202 555 0143⟧ 2011 was"
    assert found("+44 20 7946 0958 100 200") == "⟦+44 20 7946 0958 100⟧ 200"


def test_no_country_code_begins_another() -> None:
    country = re.compile(pii.phone.COUNTRY_CODE)
    codes = [str(code) for code in range(1, 1000) if country.fullmatch(str(code))]
    assert {"1", "7", "44", "49", "86", "212", "352", "420", "598", "692", "886", "998"} <= set(codes)
    assert {"0", "21", "37", "210", "259", "384", "422", "699", "999"}.isdisjoint(codes)
    assert not [(one, other) for one in codes for other in codes if one != other and other.startswith(one)]


@pytest.mark.parametrize(
    ("guard", "text"),
    [
        ("_JOINED_BEFORE", "9202-555-0143"),
        ("_JOINED_BEFORE", "a+44 20 7946 0958"),
        ("_JOINED_AFTER", "202-555-0143-77"),
        ("_IDENTIFIER_BEFORE", "docket 202-555-0143"),
        ("_DATE_OR_YEARS", "fax 2012-03-04"),
    ],
)
def test_each_guard_is_what_keeps_its_case_out(guard: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(text) == text
    monkeypatch.setattr(pii.phone, guard, NEVER)
    assert found(text) != text


def test_without_the_country_codes_any_long_number_would_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pii.phone, "_COUNTRY", re.compile(rb"[0-9]"))
    assert found("+2147483647") == "⟦+2147483647⟧"
