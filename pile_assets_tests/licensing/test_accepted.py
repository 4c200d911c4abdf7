"""The table of accepted licences and the rule for expressions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import accepted, expressions
from pile_assets.schemas import LICENCE_FAMILIES

REFUSED = [
    "GPL-3.0-only",
    "LGPL-2.1-or-later",
    "AGPL-3.0-only",
    "MPL-2.0",
    "EPL-2.0",
    "CC-BY-NC-4.0",
    "CC-BY-ND-4.0",
    "GFDL-1.3-only",
]
EXPLICIT = [
    "0BSD",
    "Zlib",
    "PSF-2.0",
    "CNRI-Python",
    "BSD-3-Clause-Open-MPI",
    "Apache-2.0 WITH LLVM-exception",
    "MIT-CMU",
    "HPND",
]


def test_every_row_is_a_valid_licence_with_a_family_and_a_page_to_read_it():
    for spdx, row in accepted.ACCEPTED.items():
        assert expressions.identifiers(spdx) == {spdx}
        assert row.family in LICENCE_FAMILIES
        assert row.url.startswith("https://")
        assert not (row.notice and not row.text), "whoever asks for the copyright line asks for it with the text"


def test_no_row_has_a_name_that_is_refused():
    assert [spdx for spdx in accepted.ACCEPTED if accepted.refusal(spdx)] == [
        spdx for spdx in accepted.ACCEPTED if spdx.startswith("GFDL") and "no-invariants" in spdx
    ]


@pytest.mark.parametrize("spdx", EXPLICIT)
def test_licences_the_default_corpus_needs_have_rows(spdx):
    assert accepted.judge(spdx).accepted


@pytest.mark.parametrize("spdx", REFUSED)
def test_copyleft_and_restricted_licences_are_refused_by_name(spdx):
    judgement = accepted.judge(spdx)
    assert not judgement.accepted
    assert spdx in (judgement.reason or "")
    assert "not on the table" not in (judgement.reason or "")


def test_a_licence_nobody_has_read_is_not_accepted():
    assert "not on the table" in (accepted.judge("Artistic-2.0").reason or "")


def test_an_exception_does_not_make_a_copyleft_licence_acceptable():
    assert not accepted.judge("GPL-3.0-or-later WITH GCC-exception-3.1").accepted


def test_or_is_a_choice_and_drops_the_branches_that_are_not_accepted():
    judgement = accepted.judge("GPL-2.0-only OR MIT")
    assert (judgement.accepted, judgement.expression, judgement.family) == (True, "MIT", "permissive")


def test_or_takes_the_family_of_the_least_restrictive_branch_and_keeps_the_readers_choice():
    judgement = accepted.judge("CC-BY-SA-4.0 OR CC0-1.0")
    assert (judgement.expression, judgement.family) == ("CC-BY-SA-4.0 OR CC0-1.0", "public-domain")


def test_or_without_an_accepted_branch_names_each_refusal():
    judgement = accepted.judge("MPL-1.1 OR GPL-2.0-only OR LGPL-2.1-or-later")
    assert not judgement.accepted
    assert all(name in (judgement.reason or "") for name in ("MPL-1.1", "GPL-2.0-only", "LGPL-2.1-or-later"))


def test_and_is_all_and_takes_the_most_restrictive_family():
    judgement = accepted.judge("CC-BY-4.0 AND CC-BY-SA-4.0")
    assert (judgement.accepted, judgement.family) == (True, "sharealike")
    assert not accepted.judge("MPL-2.0 AND MIT").accepted


def test_an_invalid_expression_is_not_accepted():
    assert not accepted.judge("MIT AND").accepted


def test_obligations_are_those_of_the_licences_relied_on():
    assert accepted.judge("MIT").notice
    assert not accepted.judge("Apache-2.0").notice
    assert accepted.judge("Apache-2.0").text
    assert not accepted.judge("CC0-1.0").attribution
    assert not accepted.judge("CC0-1.0 OR MIT").attribution


def test_the_digest_changes_with_any_row(monkeypatch):
    before = accepted.digest()
    accepted.digest.cache_clear()
    monkeypatch.setattr(accepted, "ACCEPTED", {k: v for k, v in accepted.ACCEPTED.items() if k != "MIT"})
    after = accepted.digest()
    accepted.digest.cache_clear()
    assert re.fullmatch("[0-9a-f]{64}", before)
    assert before != after


_LEAVES = st.sampled_from(["MIT", "CC0-1.0", "CC-BY-SA-4.0", "ODbL-1.0", "GPL-3.0-only", "CC-BY-NC-4.0", "Apache-2.0"])
_TREES = st.recursive(_LEAVES, lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR"]), inner), max_leaves=6)


def _text(tree) -> str:
    return tree if isinstance(tree, str) else f"({_text(tree[0])} {tree[1]} {_text(tree[2])})"


def _admissible(tree) -> bool:
    if isinstance(tree, str):
        return tree in accepted.ACCEPTED
    both = _admissible(tree[0]), _admissible(tree[2])
    return all(both) if tree[1] == "AND" else any(both)


@given(_TREES)
def test_an_expression_is_accepted_exactly_where_some_choice_satisfies_all_of_it(tree):
    judgement = accepted.judge(_text(tree))
    assert judgement.accepted == _admissible(tree)
    if judgement.accepted:
        again = accepted.judge(judgement.expression or "")
        assert (again.accepted, again.family, again.licences) == (True, judgement.family, judgement.licences)
        assert all(name in accepted.ACCEPTED for name in expressions.identifiers(judgement.expression or ""))
