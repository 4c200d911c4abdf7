"""Long licences by the digest of their words: one word more, less or other, and it is not that licence."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pile_assets.licensing import accepted, expressions, legal_codes, texts
from pile_assets_tests.licensing import codes, real_files


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch):
    codes.plant(monkeypatch, **{"CC-BY-4.0": codes.ATTRIBUTION, "CC-BY-NC-SA-4.0": codes.NONCOMMERCIAL})
    yield
    texts.find.cache_clear()


def test_a_complete_code_is_recognised_however_it_is_laid_out():
    for text in (codes.ATTRIBUTION, codes.ATTRIBUTION.upper(), " ".join(codes.ATTRIBUTION.split()), f"* {codes.ATTRIBUTION}"):
        reading = texts.recognise(text)
        assert (reading.status, reading.spdx) == ("resolved", "CC-BY-4.0")


def test_what_stands_before_and_behind_a_code_is_read_as_ever():
    around = f"Copyright Ada Example.\n\n{codes.ATTRIBUTION}\n\nAn explanation of how to use the licence."
    assert texts.recognise(around).spdx == "CC-BY-4.0"
    assert texts.recognise(f"{around}\nIt may not be used for non-commercial purposes alone.").status == "unresolved"
    assert texts.recognise(f"{around}\nLicensed under the GNU General Public License.").status == "conflict"


def test_a_restrictive_code_is_recognised_to_be_refused_by_its_name():
    reading = texts.recognise(f"Attribution-NonCommercial-ShareAlike 4.0\n\n{codes.NONCOMMERCIAL}")
    assert (reading.status, reading.spdx) == ("resolved", "CC-BY-NC-SA-4.0")
    assert not accepted.judge(reading.spdx or "").accepted


def test_a_title_alone_is_no_licence():
    title = codes.ATTRIBUTION.split("Section", 1)[0]
    assert texts.recognise(title + "lorem ipsum " * 300).rule == "licence-text-changed"
    assert texts.recognise(title).rule == "licence-text-unknown"


_WORDS = codes.ATTRIBUTION.split()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(12, len(_WORDS) - 2), st.sampled_from(["drop", "not", "swap", "twice"]))
def test_a_code_with_any_word_dropped_added_or_changed_is_not_recognised(at, how):
    words = list(_WORDS)
    replaced = {"drop": [], "not": ["not", words[at]], "swap": ["otherwise"], "twice": [words[at], words[at]]}
    altered = " ".join([*words[:at], *replaced[how], *words[at + 1 :], "padding"])
    if texts.words(" ".join(replaced[how])) == texts.words(words[at]):
        return  # a mark such as "--", which is no word
    assert texts.recognise(altered).spdx is None


def test_a_table_that_trusts_the_number_of_words_alone_would_take_an_altered_text(monkeypatch):
    altered = codes.ATTRIBUTION.replace("worldwide", "narrow", 1)
    assert texts.recognise(altered).spdx is None
    trusting = {
        opening: tuple(legal_codes.Code(code.spdx, code.words, "") for code in of) for opening, of in legal_codes.CODES.items()
    }
    monkeypatch.setattr(legal_codes, "CODES", trusting)
    texts.find.cache_clear()
    assert texts.recognise(altered).spdx == "CC-BY-4.0"


def test_every_row_names_a_listed_licence_and_has_a_whole_digest():
    for opening, rows in legal_codes.CODES.items():
        assert texts.words(opening) == opening
        for row in rows:
            assert expressions.listed(row.spdx) == row.spdx
            assert re.fullmatch(r"[0-9a-f]{32}", row.digest)
            assert row.words > len(opening.split())


def test_no_two_licences_share_a_digest():
    digests = [(row.digest, row.spdx) for rows in legal_codes.CODES.values() for row in rows]
    assert len({digest for digest, _ in digests}) == len(digests)


def test_real_copies_are_recognised_and_altered_ones_are_not():
    book = real_files.of("openstax")["openstax/us-history/2025-12-04/us-history-2025-12-04.tar.gz"]
    text = real_files.inside(book)["LICENSE"].decode()
    assert texts.recognise(text).spdx == "CC-BY-4.0"
    assert texts.recognise(text.replace("irrevocable", "revocable")).rule == "licence-text-changed"
