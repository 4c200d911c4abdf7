"""A thousand statements with what each means, labelled by hand before they were read: not one may be answered wrongly.

`labelled.jsonl` has the context, the statement and the answers that are right: an SPDX expression, "family CC-BY", or "" for
what must not be read as any licence. Reading less than is said is a miss; reading something else is wrong.
"""

import json
from pathlib import Path

import pytest

from pile_assets.licensing import accepted
from pile_assets.licensing.model import Reading
from pile_assets.licensing.normalise import CONTEXTS, read

LINES = [json.loads(line) for line in (Path(__file__).parent / "labelled.jsonl").read_text(encoding="utf-8").splitlines()]
CASES = [(line["context"], line["raw"], tuple(line["expected"])) for line in LINES]

DANGEROUS = [
    # What other tools answered: a licence the statement does not give, or one without what it withholds.
    ("text", "Photos CC BY 2.0; article text (c) 2019 The Author, all rights reserved", ()),
    ("text", "Creative Commons Attribution-Share Alike License", ("family CC-BY-SA",)),
    ("text", "Creative Commons Attribution-NonCommercial", ("family CC-BY-NC",)),
    ("text", "cc-by", ("family CC-BY",)),
    ("text", "cc-by-sa", ("family CC-BY-SA",)),
    ("url", "http://creativecommons.org/licenses/sa/1.0/", ("CC-SA-1.0",)),
    ("url", "https://creativecommons.org/licenses/by-sa/2.0/", ("CC-BY-SA-2.0",)),
    ("jats", '<license license-type="open-access" xlink:href="https://creativecommons.org/licenses/by/4.0/">', ("CC-BY-4.0",)),
    ("jats", "distributed under the Creative Commons Attribution License, which permits unrestricted use", ("family CC-BY",)),
    ("text", "GFDL-1.3-or-later", ("GFDL-1.3-or-later",)),
    ("url", "http://creativecommons.org/licenses/sampling+/1.0/", ("LicenseRef-CC-SamplingPlus-1.0",)),
    ("openalex", "implied-oa", ()),
    ("text", "https://creativecommons.org/licenses/by/4.0/ … https://creativecommons.org/licenses/by-nc/4.0/", ()),
    ("spdx", "LicenseRef-MIT-Discord", ("LicenseRef-MIT-Discord",)),
    ("spdx", "GPL", ()),
]


def _said(reading: Reading) -> str:
    return reading.spdx or (f"family {reading.family}" if reading.status == "family-only" else "")


def _wrong(reading: Reading, expected: tuple[str, ...]) -> bool:
    """Whether the answer says something that is not so; a family without its version says less, and is a miss."""
    said = _said(reading)
    if said in ("", *expected):
        return False
    return reading.status == "resolved" or any(one.startswith("family ") for one in expected)


@pytest.mark.parametrize(("context", "raw", "expected"), CASES + DANGEROUS)
def test_no_labelled_statement_is_answered_wrongly(context, raw, expected):
    reading = read(raw, context)
    assert not _wrong(reading, expected), reading


def test_of_the_labelled_statements_that_say_something_hardly_one_is_missed():
    telling = [case for case in CASES if "" not in case[2]]
    missed = [(context, raw) for context, raw, expected in telling if _said(read(raw, context)) not in expected]
    assert len(telling) > 700
    assert len(missed) <= len(telling) // 50, missed


def test_every_context_has_labelled_statements():
    assert {context for context, _, _ in CASES} >= set(CONTEXTS)


def test_a_planted_wrong_answer_is_seen():
    assert _wrong(Reading("resolved", "x", "CC-BY-4.0"), ("CC-BY-NC-4.0",))
    assert _wrong(Reading("resolved", "x", "CC-BY-4.0"), ("",))
    assert _wrong(Reading("family-only", "x", family="CC-BY"), ("family CC-BY-NC",))
    assert not _wrong(Reading("unresolved", "x"), ("CC-BY-4.0",))


@pytest.mark.parametrize(
    "raw", ["openrail", "CC BY-NC 4.0", "In Copyright", "Public domain", "https://creativecommons.org/licenses/nd/1.0/"]
)
def test_what_is_known_and_not_open_is_not_accepted(raw):
    reading = read(raw, "text")
    assert reading.spdx is not None
    assert not accepted.judge(reading.spdx).accepted
