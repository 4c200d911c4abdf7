"""Whatever is added to an open statement: an answer that is still open has dropped nothing that was said."""

import re
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pile_assets.licensing import accepted
from pile_assets.licensing.normalise import CONTEXTS, LONGEST, read

OPEN = [
    "CC BY 4.0",
    "CC BY-SA 3.0 Unported",
    "Creative Commons Attribution 4.0 International License",
    "Namensnennung - Weitergabe unter gleichen Bedingungen 4.0 International",
    "https://creativecommons.org/licenses/by/4.0/",
    "This work is licensed under a Creative Commons Attribution 4.0 International License.",
    '<a rel="license" href="http://creativecommons.org/licenses/by/4.0/">Creative Commons Attribution 4.0</a>',
    "CC0 1.0 Universal",
    "MIT License",
    "Apache License, Version 2.0",
    "Open Government Licence v3.0",
    "Open Data Commons Attribution License",
    '{"url": "https://creativecommons.org/licenses/by-sa/4.0/", "text": "CC BY-SA 4.0"}',
]
WITHHELD = [
    "NC",
    "ND",
    "-NC",
    "NonCommercial",
    "non-commercial use only",
    "No Derivatives",
    "no derivs",
    "nicht kommerziell",
    "NoComercial",
    "非営利",
    "not",
    "no longer",
    "formerly",
    "except images",
    "except where otherwise noted",
    "unless otherwise noted",
    "excluding figures",
    "all rights reserved",
    "some parts",
    "for text only",
    "research only",
    "educational use",
    "pending",
    "upon request",
    "with restrictions",
    "additional terms apply",
    "Commons Clause",
    "proprietary",
    "© 2020 Example Press",
    "?",
    "draft",
    "does not apply",
    "until 2030",
    "https://creativecommons.org/licenses/by-nc/4.0/",
    "https://example.org/terms",
    "GPL-3.0-only",
    "CC BY-NC-ND 4.0",
    "Elastic-2.0",
    "AI training prohibited",
    "or",
    "whichever",
    "5.0",
    "no",
]
JOINTS = st.sampled_from([" ", ", ", "; ", " - ", " (", "\n", ". ", " – ", "/", " and ", " & "])
_WORD_CONTEXTS = [
    "text",
    "url",
    "mediawiki",
    "jats",
    "pmc",
    "datacite",
    "doaj",
    "hal",
    "bhl-rights",
    "rights-statement",
    "core-metadata-license",
]


def _is_open(raw: str, context: str) -> bool:
    spdx = read(raw, context).spdx
    return spdx is not None and accepted.judge(spdx).accepted


@settings(max_examples=400)
@example("https://creativecommons.org/licenses/by/4.0/", "?", "/", False, "text")
@given(st.sampled_from(OPEN), st.sampled_from(WITHHELD), JOINTS, st.booleans(), st.sampled_from(_WORD_CONTEXTS))
def test_a_word_that_withholds_is_never_dropped(licence, withheld, joint, first, context):
    assume(not (first and withheld.startswith("©") and licence.startswith("This work is")))  # it names who grants
    raw = f"{withheld}{joint}{licence}" if first else f"{licence}{joint}{withheld}"
    assert not _is_open(raw, context)


@settings(max_examples=400)
@given(st.sampled_from(OPEN[:6]), st.sampled_from(["NC", "ND", "not", "except", "formerly", "CC BY-NC 3.0"]), st.data())
def test_a_restriction_put_between_any_two_words_is_never_dropped(licence, withheld, data):
    words = re.split(r"(?<=\s)", licence)
    at = data.draw(st.integers(0, len(words)))
    raw = f"{''.join(words[:at])} {withheld} {''.join(words[at:])}"
    spdx = read(raw, "text").spdx
    assert spdx is None or not accepted.judge(spdx).accepted or "-NC" in spdx or "-ND" in spdx


@given(st.sampled_from(OPEN), st.sampled_from(OPEN), JOINTS)
def test_two_different_licences_in_one_statement_are_never_one(first, second, joint):
    one, other = read(first, "text").spdx, read(second, "text").spdx
    both = read(f"{first}{joint}{second}", "text").spdx
    assert both is None or one == other


@given(
    st.sampled_from(OPEN),
    st.sampled_from(["{}", "  {}\n", "({})", '"{}"', "**{}**", "{}.", "<p>{}</p>", "Licence: {}", "{} {}"]),
)
def test_marks_around_a_statement_do_not_change_it(licence, around):
    if licence.startswith(("{", "<")) and "<" in around + licence[1:2]:
        return
    assert read(around.replace("{}", licence), "text").spdx in (read(licence, "text").spdx, None)


@given(st.sampled_from(OPEN[:5] + OPEN[7:12]), st.sampled_from(["lower", "upper", "title", "swapcase"]))
def test_case_never_matters(licence, case):
    assert read(getattr(licence, case)(), "text").spdx == read(licence, "text").spdx


_UNITS = [
    "(",
    "<",
    "[",
    "cc by ",
    "nc-sa-",
    "4.0 ",
    "https://",
    "creativecommons.org/licenses/",
    "<a href='",
    "&amp;",
    "{{",
    '[{"rights":',
    " ",
    "license ",
    "© 2020 ",
    "published by a",
    "use, ",
    "SPDX-License-Identifier: MIT\n",
    "GPL-2+ and ",
    "MIT OR ",
    "表示",
    "\u0301",
]


@pytest.mark.parametrize("context", sorted(CONTEXTS))
def test_no_statement_takes_long(context):
    read.__wrapped__("MIT OR CC BY 4.0 https://opensource.org/licenses/MIT", context)
    for unit in _UNITS:
        raw = (unit * LONGEST)[:LONGEST]
        started = time.process_time()
        read.__wrapped__(raw, context)
        assert time.process_time() - started < 1, unit


def test_what_is_too_long_is_not_looked_at():
    assert read(" " * 200_000 + "CC BY 4.0", "reuse").rule == "too-long"
