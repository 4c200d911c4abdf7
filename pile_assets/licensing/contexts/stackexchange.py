"""Stack Exchange: a row's `ContentLicense`, or, where a dump is older than that column, the date of the contribution.

What is contributed on a day is under the version the network's terms named on that day; an edit republishes the whole
post, so the date to give is that of the revision that is used (Stack Exchange help centre, "What is the license for the
content I post?", and the announcement of 2019 that set the dates). Dates are read as UTC.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

from pile_assets.licensing.model import Reading

CODES: Mapping[str, str] = {
    "CC BY-SA 2.5": "CC-BY-SA-2.5",
    "CC BY-SA 3.0": "CC-BY-SA-3.0",
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
}
"""Every value the column has had."""

VERSIONS: tuple[tuple[date, str], ...] = (
    (date(2018, 5, 2), "CC-BY-SA-4.0"),
    (date(2011, 4, 8), "CC-BY-SA-3.0"),
    (date(2008, 7, 31), "CC-BY-SA-2.5"),
)
"""First day of each version, latest first; the last is the day of the network's first post, before which nothing is known."""

_LONGEST_DATE = 40


def read(raw: str) -> Reading:
    """The licence of a `ContentLicense` value or of an ISO 8601 date; anything else is unresolved."""
    value = " ".join(raw.split())
    if identifier := CODES.get(value):
        return Reading("resolved", "content-license", identifier, "CC-BY-SA")
    day = _day(value)
    identifier = licence_on(day) if day else None
    if identifier:
        return Reading("resolved", "contribution-date", identifier, "CC-BY-SA")
    return Reading("unresolved", "contribution-date" if day else "content-license")


def licence_on(day: date) -> str | None:
    """The SPDX identifier for what was contributed on `day` (UTC); None before the network's first day."""
    return next((identifier for first, identifier in VERSIONS if day >= first), None)


def _day(value: str) -> date | None:
    if len(value) > _LONGEST_DATE or not value[:4].isdigit() or "-" not in value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC).date() if moment.tzinfo else moment.date()
