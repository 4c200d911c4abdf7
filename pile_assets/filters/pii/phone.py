"""Telephone numbers in UTF-8 text.

Digits alone prove nothing: ISBNs, dates, measurements and identifiers look the same. A number is believed in three
forms only: international with "+" and an assigned country code (ITU-T E.164), grouped as in North America (area and
exchange code, NANP), or after a word such as "Tel.". Extensions are left where they are.
"""

import re
from collections.abc import Iterator

import re2

from pile_assets.filters.pii.context import line_before

INTERNATIONAL_DIGITS = (8, 15)  # with the country code, ITU-T E.164 section 6
BARE_DIGITS = 10  # fewest of an international number without separators
ANNOUNCED_DIGITS = (7, 15)

COUNTRY_CODE = (
    r"1|2(?:[07]|1[12368]|[2346][0-9]|5[0-8]|9[01789])|3(?:[0-469]|[57][0-9]|8[0-35-79])|4(?:[013-9]|2[013])"
    r"|5(?:[1-8]|0[0-9]|9[0-9])|6(?:[0-6]|7[02-9]|8[0-35-9]|9[0-2])|7|8(?:[1246]|0[08]|5[02356]|7[08]|8[0-36-8])"
    r"|9(?:[0-58]|6[0-8]|7[0-79]|9[2-68])"
)
"""Assigned country codes, ITU-T list of E.164 assigned country codes. No code is the beginning of another."""

_HYPHEN = "\\-\u2010\u2011\u2013"  # printers set the dashes of numbers in several ways
_SPACE = " \u00a0"
_GROUPS = rf"(?:[{_SPACE}{_HYPHEN}./]?\(?[0-9]{{1,12}}\)?){{1,7}}"
INTERNATIONAL = rf"\+[1-9]{_GROUPS}"
NORTH_AMERICAN = (
    rf"(?:1[{_SPACE}{_HYPHEN}.])?(?:\([2-9][0-8][0-9]\)[{_SPACE}{_HYPHEN}]?[1-9][0-9]{{2}}[{_SPACE}{_HYPHEN}.][0-9]{{4}}"
    r"|[2-9][0-8][0-9]\.[1-9][0-9]{2}\.[0-9]{4}"
    rf"|[2-9][0-8][0-9][{_SPACE}{_HYPHEN}][1-9][0-9]{{2}}[{_HYPHEN}][0-9]{{4}})"
)
ANNOUNCED = (
    r"(?i:\b(?:t[eé]l|t[eé]l[eé]phone|phone|mobile|fax|facsimile)\b\.?(?: ?(?:no|nr|number)\b\.?)?)"
    rf"(?:[\"']? ?[:=] ?[\"']?| )(\(?[0-9]{_GROUPS})"
)

REACH = 32  # bytes of the line looked at on the left

_INTERNATIONAL = re2.compile(INTERNATIONAL)
_NORTH_AMERICAN = re2.compile(NORTH_AMERICAN)
_ANNOUNCED = re2.compile(ANNOUNCED)

_COUNTRY = re.compile(COUNTRY_CODE.encode())
_AREA_AND_EXCHANGE = re.compile(rb"1?(?!.11)[2-9][0-8][0-9](?!.11)[1-9][0-9]{6}")  # 1: the made-up 555-123-4567
_DIGITS = re.compile(rb"[0-9]+")
_JOINED_BEFORE = re.compile(rb"[A-Za-z0-9_.+/#\])-]$")
_JOINED_AFTER = re.compile(rb"(?!x[0-9])[A-Za-z0-9_]|[.\-/][0-9]")  # x12 is an extension
_IDENTIFIER_BEFORE = re.compile(
    rb"\b(?:isbn|issn|doi|pmid|oclc|lccn|ein|ssn|docket|patent|serial|invoice|order|case|ticket|account|grant|id|no|nr)"
    rb"[\s:.#=]*$",
    re.IGNORECASE,
)
_DATE_OR_YEARS = re.compile(
    rb"\(?(?:[0-9]{4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{4}"
    rb"|(?:1[5-9]|20)[0-9]{2}[-/ ](?:1[5-9]|20)[0-9]{2})(?![0-9])"
)


def find(data: bytes) -> Iterator[tuple[int, int]]:
    """Byte spans of the telephone numbers in `data`, one form after the other: they may overlap."""
    for match in _INTERNATIONAL.finditer(data):
        end = _international_end(match.group())
        if end and not _is_joined(data, match.start(), match.start() + end):
            yield match.start(), match.start() + end
    for match in _NORTH_AMERICAN.finditer(data):
        if _is_north_american(data, *match.span()):
            yield match.span()
    for match in _ANNOUNCED.finditer(data):
        start, number = match.start(1), match.group(1)
        end = start + _last_digit(number)
        digits = sum(map(len, _DIGITS.findall(number)))
        fits = ANNOUNCED_DIGITS[0] <= digits <= ANNOUNCED_DIGITS[1]
        if fits and not _DATE_OR_YEARS.match(number) and not _JOINED_AFTER.match(data, end):
            yield start, end


def _international_end(number: bytes) -> int:
    """How much of `number`, which starts with "+", is a telephone number: up to a digit, or 0 where it is none.

    Groups beyond the longest possible number belong to what follows it.
    """
    groups = list(_DIGITS.finditer(number))
    digits = b"".join(group.group() for group in groups)
    country = _COUNTRY.match(digits)
    if not country or len(groups[0].group()) < country.end():
        return 0
    fewest, most = (11, 11) if country.group() == b"1" else INTERNATIONAL_DIGITS
    while len(digits) > most:
        digits = digits[: -len(groups.pop().group())]
    if len(groups) == 1:
        fewest = max(fewest, BARE_DIGITS)
    is_decimal = len(groups) == 2 and number[groups[0].end() : groups[1].start()] == b"."
    is_possible = country.group() != b"1" or _AREA_AND_EXCHANGE.fullmatch(digits)
    return groups[-1].end() if len(digits) >= fewest and is_possible and not is_decimal else 0


def _is_north_american(data: bytes, start: int, end: int) -> bool:
    digits = b"".join(_DIGITS.findall(data[start:end]))
    return not (
        not _AREA_AND_EXCHANGE.fullmatch(digits)
        or _is_joined(data, start, end)
        or _IDENTIFIER_BEFORE.search(line_before(data, start, REACH))
    )


def _is_joined(data: bytes, start: int, end: int) -> bool:
    """Whether a longer run of letters, digits or operators holds the match."""
    return bool(_JOINED_BEFORE.search(data[max(start - 1, 0) : start]) or _JOINED_AFTER.match(data, end))


def _last_digit(number: bytes) -> int:
    """Where the last digit of `number` ends."""
    return max(group.end() for group in _DIGITS.finditer(number))
