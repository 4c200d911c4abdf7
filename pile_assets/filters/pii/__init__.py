"""The `pii` filter: e-mail addresses, telephone numbers and public IP addresses, as spans of the text.

What belongs here: which findings of `email`, `phone` and `ip` are reported, and the filter itself. What may not:
patterns, which are in those modules, and masks, which are in the policies. First version: recall is for the common
written forms, precision comes first, because a false hit damages program text.
"""

from collections.abc import Iterable
from typing import Any

import polars as pl
import re2

from pile_assets.filters.model import Filter, Schema, per_document
from pile_assets.filters.pii import email, ip, phone
from pile_assets.filters.pii.context import line_after, line_before
from pile_assets.schemas import SPAN

FINDERS = {"email": email.find, "phone": phone.find, "ip": ip.find}

NOTICE_REACH = 256  # bytes of the line looked at on either side

SCHEMA: Schema = {
    "spans": pl.List(SPAN),  # in order, not overlapping; kinds are those of FINDERS
    "emails": pl.Int64,  # spans of each kind
    "phones": pl.Int64,
    "ips": pl.Int64,
}

_BYTES = re2.Options()
_BYTES.encoding = re2.Options.Encoding.LATIN1  # a window may begin inside a character
_NOTICE = re2.compile(
    rb"\xc2\xa9|&copy;|\([cC]\)\s*(?:[0-9]{4}|[A-Z]|by\b)|SPDX-FileCopyrightText"
    rb"|(?i:\bcopyright(?:ed|s|__)?[\s:=,\"'`]*(?:\([cC]\)|[0-9]{4}|by\b|holders?\b|owners?\b))"
    rb"|(?:Copyright|COPYRIGHT)[\s:=,\"'`]+[A-Z<]",
    _BYTES,
)


def measure(text: str) -> dict[str, Any]:
    """The spans of one text and how many there are of each kind."""
    data = text.encode()
    found = [(start, end, kind) for kind, find in FINDERS.items() for start, end in find(data)]
    spans = _without_overlap(found)
    if spans and _NOTICE.search(data):
        spans = [span for span in spans if not in_copyright_notice(data, span[0], span[1])]
    kinds = [kind for _, _, kind in spans]
    return {
        "spans": [{"start": start, "end": end, "kind": kind} for start, end, kind in spans],
        "emails": kinds.count("email"),
        "phones": kinds.count("phone"),
        "ips": kinds.count("ip"),
    }


def in_copyright_notice(data: bytes, start: int, end: int) -> bool:
    """Whether the line of a span is a copyright notice: it names the rightsholder and must reach the reader unchanged
    (the licences ask for it; removing it risks 17 U.S.C. 1202)."""
    before, after = line_before(data, start, NOTICE_REACH), line_after(data, end, NOTICE_REACH)
    return _NOTICE.search(before) is not None or _NOTICE.search(after) is not None


def _without_overlap(found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The findings in order; of overlapping ones the first, of those that start together the longest."""
    kept: list[tuple[int, int, str]] = []
    for span in sorted(found, key=lambda span: (span[0], -span[1], span[2])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


FILTER = Filter(
    name="pii",
    version="1",
    rationale=(
        "Addresses and telephone numbers of private persons are personal data that a model could repeat, and they add "
        "nothing to what it learns. They are found so that a policy can mask them; copyright notices are left whole."
    ),
    source=(
        "The kinds of Common Pile v0.1 (Dolma pii_regex taggers); forms after RFC 5322, RFC 1123, ITU-T E.164, the North "
        "American Numbering Plan and the IANA special-purpose address registries."
    ),
    schema=SCHEMA,
    media="all",
    annotate=per_document(measure, SCHEMA, "all"),
    libraries=("google-re2",),
    parameters={
        "notice_reach": NOTICE_REACH,
        "patterns": [
            *(email.PATTERN, ip.PATTERN_4, ip.PATTERN_6),
            *(phone.INTERNATIONAL, phone.NORTH_AMERICAN, phone.ANNOUNCED),
        ],
    },
    kinds=tuple(FINDERS),
)
