"""Recognising licence texts by all of their clauses; a changed text is never taken for the licence it resembles."""

import sysconfig
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import texts
from pile_assets_tests.licensing import samples

COMPLETE = {
    "MIT": samples.MIT,
    "BSD-2-Clause": samples.BSD_2,
    "BSD-3-Clause": samples.BSD_3,
    "BSD-3-Clause-LBNL": samples.BSD_LBNL,
    "Apache-2.0": samples.APACHE_2,
    "ISC": samples.ISC,
    "0BSD": samples.ZERO_BSD,
    "Zlib": samples.ZLIB,
    "Unlicense": samples.UNLICENSE,
    "PSF-2.0": samples.PSF_2,
}


@pytest.mark.parametrize("spdx", COMPLETE)
def test_a_complete_text_is_recognised_alone_and_behind_a_copyright_line(spdx):
    for text in (COMPLETE[spdx], samples.COPYRIGHT + "All rights reserved.\n\n" + COMPLETE[spdx]):
        reading = texts.recognise(text)
        assert (reading.status, reading.spdx) == ("resolved", spdx)


@pytest.mark.parametrize("mark", ["# ", "// ", " * ", "    ", ".. ", "#   "])
@pytest.mark.parametrize("spdx", COMPLETE)
def test_comment_marks_and_line_ends_do_not_matter(spdx, mark):
    assert texts.recognise(samples.commented(COMPLETE[spdx], mark)).spdx == spdx
    assert texts.recognise(" ".join(COMPLETE[spdx].split())).spdx == spdx


@given(st.sampled_from(sorted(COMPLETE)), st.data())
def test_a_text_without_its_end_is_never_recognised(spdx, data):
    words = COMPLETE[spdx].split()
    kept = data.draw(st.integers(min_value=0, max_value=len(words) * 2 // 3))
    assert spdx not in texts.find(" ".join(words[:kept])).licences


@pytest.mark.parametrize(
    "changed",
    [
        samples.MIT.replace("shall be included in all", "should be mentioned in some"),
        samples.MIT.replace("without restriction, ", ""),
        samples.BSD_3.replace("binary form must reproduce", "bytecode form must reproduce"),
        samples.BSD_2.replace("are permitted provided that", "are permitted (subject to the limitations below) provided that"),
        samples.ISC.replace("with or without fee", "without fee"),
    ],
)
def test_a_changed_text_is_unresolved_and_not_merely_unknown(changed):
    assert texts.find(changed).changed
    assert texts.recognise(changed).status == "unresolved"


def test_first_words_alone_are_nothing():
    assert texts.recognise("MIT License\n\nSee the project's home page.").status == "unresolved"
    assert texts.recognise("BSD 3-Clause License").spdx is None


@pytest.mark.parametrize(
    "restriction",
    [
        "The Software shall be used for Good, not Evil.",
        "This permission is for non-commercial purposes.",
        "It may be used for research purposes only.",
        "Any other use is strictly prohibited.",
    ],
)
def test_a_restriction_beside_a_complete_text_leaves_it_unresolved(restriction):
    inside = samples.MIT.replace("THE SOFTWARE IS", f"{restriction}\n\nTHE SOFTWARE IS", 1)
    for text in (inside, samples.MIT + restriction):
        reading = texts.recognise(text)
        assert reading.spdx is None or reading.spdx == "JSON"
        assert reading.status == "unresolved"


def test_the_advertising_clause_makes_another_licence_that_is_not_taken_for_three_clauses():
    assert "BSD-3-Clause" not in texts.find(samples.BSD_4).licences
    assert texts.recognise(samples.BSD_4).status == "unresolved"


def test_permission_for_commercial_and_non_commercial_use_is_no_restriction():
    assert texts.find("All licenses allow for non-commercial and commercial use.").restrictions == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (samples.GPL_3_START, "GPL"),
        (samples.GPL_HEADER, "GPL"),
        (samples.LGPL_HEADER, "LGPL"),
        (samples.MPL_2_START, "MPL-2.0"),
        (samples.MPL_HEADER, "MPL-2.0"),
    ],
)
def test_copyleft_texts_and_grants_are_named(text, name):
    assert texts.find(text).refused == (name,)
    assert texts.recognise(samples.MIT + text).status == "conflict"


def test_mentions_of_the_gpl_are_no_grant():
    mentions = "PSF licences are GPL-compatible. It was previously distributed under the GNU General Public License (GPL)."
    assert texts.find(mentions).refused == ()


def test_several_complete_texts_bind_together():
    reading = texts.recognise(samples.MIT + "\n\nFor the parser:\n\n" + samples.BSD_2)
    assert (reading.status, reading.spdx) == ("resolved", "MIT AND BSD-2-Clause")


def test_the_licence_of_the_running_python_is_recognised():
    licence = Path(sysconfig.get_paths()["stdlib"]) / "LICENSE.txt"
    if not licence.is_file():
        pytest.skip("this Python was installed without its LICENSE.txt")
    assert texts.find(licence.read_text(encoding="utf-8", errors="replace")).licences[0] == "Python-2.0.1"


@given(st.text(max_size=2_000))
def test_any_text_can_be_searched(text):
    found = texts.find(text)
    assert len(set(found.licences)) == len(found.licences)


# -- words that make conditions ------------------------------------------------------------------------------------

WHOLE = {spdx: COMPLETE[spdx] for spdx in ("MIT", "ISC", "0BSD", "Apache-2.0")}
"""Those of the samples that have every word of the licence."""


@given(st.sampled_from(sorted(WHOLE)), st.sampled_from(["not", "except", "unless", "only", "must"]), st.data())
def test_a_text_with_one_more_condition_is_not_recognised(spdx, word, data):
    words = WHOLE[spdx].split()
    at = data.draw(st.integers(min_value=12, max_value=len(words) - 8 if spdx != "Apache-2.0" else 1_300))
    assert texts.recognise(" ".join([*words[:at], word, *words[at:]])).status != "resolved"


ACKNOWLEDGED = samples.BSD_3.replace(
    "\nTHIS SOFTWARE", "4. Redistributions must retain an acknowledgement and may not only mention it.\n\nTHIS SOFTWARE", 1
)


def test_a_licence_with_a_further_clause_is_not_the_one_it_grew_from():
    assert texts.find(ACKNOWLEDGED).licences == ()
    assert texts.find(ACKNOWLEDGED).changed


def test_without_counting_conditions_the_further_clause_would_be_overlooked(monkeypatch):
    monkeypatch.setattr(texts, "_MOST", {})
    texts.find.cache_clear()
    try:
        assert texts.find(ACKNOWLEDGED).licences == ("BSD-3-Clause",)
    finally:
        texts.find.cache_clear()
