"""Weighing claims: scope, kind and nearness; fail closed; the order claims come in never matters."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing import verdict
from pile_assets.licensing.model import NOT_CONTENT, PART, SILENT, VENDORED, Claim, Reading
from pile_assets.licensing.verdict import decide

PATH = "pkg/sub/module.py"


def says(spdx: str, kind: str = "whole", scope: str = "", rule: str = "spdx", who: str = "rightsholder") -> Claim:
    return Claim(kind, scope, spdx, Reading("resolved", rule, spdx), who, f"{kind} {scope}".strip())  # type: ignore[arg-type]


def names(family: str, kind: str = "whole", scope: str = "", rule: str = "name") -> Claim:
    return Claim(kind, scope, family, Reading("family-only", rule, family=family), "rightsholder", f"{kind} {scope}")  # type: ignore[arg-type]


def unclear(kind: str = "whole", scope: str = "", status: str = "unresolved", rule: str = "unknown") -> Claim:
    return Claim(kind, scope, "Dual License", Reading(status, rule), "rightsholder", f"{kind} {scope}")  # type: ignore[arg-type]


def head(spdx: str, rule: str = "header-text") -> Claim:
    return says(spdx, "file", PATH, rule)


def test_nothing_said_is_nothing_admitted():
    given_ = decide(PATH, [])
    assert (given_.status, given_.accepted, given_.reason) == ("unresolved", False, "No licence statement covers this file.")


def test_a_claim_for_all_of_a_partition_decides_for_every_file_of_it():
    given_ = decide(PATH, [says("MIT")])
    assert (given_.status, given_.accepted, given_.spdx, given_.family) == ("resolved", True, "MIT", "permissive")
    assert given_.evidence == (says("MIT"),)


@pytest.mark.parametrize("scope", ["other/", "pkg/sub", "pkg/sub/module", "pkg/sub/other.py", "sub/"])
def test_a_claim_for_other_paths_says_nothing(scope):
    assert decide(PATH, [says("MIT", "tree", scope)]).status == "unresolved"


@pytest.mark.parametrize("kind", ["binary", "notice"])
def test_claims_about_binaries_and_third_parties_never_decide(kind):
    assert decide(PATH, [says("GPL-3.0-only", kind), says("MIT")]).accepted
    assert decide(PATH, [says("MIT", kind)]).status == "unresolved"


def test_the_same_claim_as_a_claim_about_text_would_have_decided():
    planted = replace(says("GPL-3.0-only", "binary"), kind="whole")
    assert not decide(PATH, [planted, says("MIT")]).accepted


def test_the_nearest_statement_replaces_wider_ones():
    claims = [says("MIT"), says("Apache-2.0", "tree", "pkg/"), says("ISC", "tree", "pkg/sub/")]
    assert decide(PATH, claims).spdx == "ISC"
    assert decide(PATH, [*claims, head("BSD-3-Clause")]).spdx == "BSD-3-Clause"
    assert decide("pkg/a.py", claims).spdx == "Apache-2.0"
    assert decide("b.py", claims).spdx == "MIT"


def test_a_hosts_statement_counts_only_where_the_rightsholder_is_silent():
    host = says("GPL-3.0-only", who="host")
    assert decide(PATH, [host, says("MIT")]).spdx == "MIT"
    assert decide(PATH, [host]).spdx == "GPL-3.0-only"


def test_copyleft_in_the_files_own_head_rejects_it_inside_a_permissive_distribution():
    given_ = decide(PATH, [says("MIT"), names("LGPL", "file", PATH, "header-refused")])
    assert (given_.status, given_.accepted) == ("resolved", False)
    assert verdict.cause(given_.reason or "") == verdict.NOT_ACCEPTED


def test_a_permissive_head_admits_a_file_of_a_distribution_that_is_not_admitted():
    assert decide(PATH, [unclear(), head("Apache-2.0 OR BSD-3-Clause")]).accepted


def test_or_is_judged_as_a_choice_and_and_as_all():
    assert decide(PATH, [says("GPL-2.0-only OR MIT")]).spdx == "MIT"
    rejected = decide(PATH, [says("MPL-2.0 AND MIT")])
    assert (rejected.status, rejected.accepted, rejected.spdx, rejected.family) == ("resolved", False, "MPL-2.0 AND MIT", None)


@pytest.mark.parametrize("who", ["aggregator", "third-party"])
def test_what_only_others_say_never_admits_a_document(who):
    given_ = decide(PATH, [says("MIT", who=who)])
    assert (given_.status, given_.accepted, given_.spdx) == ("unresolved", False, None)
    assert verdict.cause(given_.reason or "") == verdict.NOT_ENTITLED
    assert decide(PATH, [says("MIT", who=who), says("MIT", who="host")]).accepted


def test_what_only_others_say_can_still_refuse_it():
    assert decide(PATH, [says("CC-BY-NC-4.0", who="aggregator")]).spdx == "CC-BY-NC-4.0"


def test_a_record_can_believe_fewer_and_never_more():
    hosted = decide(PATH, [says("MIT", who="host")])
    assert hosted.accepted
    assert verdict.cause(verdict.believed(hosted, ["rightsholder"]).reason or "") == verdict.NOT_ENTITLED
    relayed = decide(PATH, [says("MIT", who="aggregator")])
    assert not verdict.believed(relayed, ["aggregator"]).accepted


def test_among_equals_the_most_restrictive_wins_where_keeping_it_keeps_the_others():
    assert decide(PATH, [says("CC-BY-4.0"), says("CC-BY-SA-4.0"), says("CC0-1.0")]).spdx == "CC-BY-SA-4.0"
    assert decide(PATH, [says("CC0-1.0"), says("MIT")]).spdx == "MIT"
    for two in (
        ("CC-BY-3.0", "CC-BY-SA-4.0"),
        ("MIT", "Apache-2.0"),
        ("CC-BY-4.0", "CC-BY-NC-4.0"),
        ("CC0-1.0", "GPL-3.0-only"),
    ):
        given_ = decide(PATH, [says(two[0]), says(two[1])])
        assert (given_.status, given_.accepted) == ("conflict", False)


def test_a_licence_of_code_alone_leaves_the_content_without_one():
    code_only = Claim("whole", "", "MIT License", Reading("unresolved", NOT_CONTENT), "rightsholder", "LICENSE")
    given_ = decide("data/lines.jsonl", [code_only])
    assert (given_.accepted, given_.reason) == (False, "Licence of the repository's code, not of its content: LICENSE.")


def test_statements_at_one_distance_that_disagree_are_a_conflict():
    given_ = decide(PATH, [says("MIT"), says("Apache-2.0")])
    assert given_.status == "conflict"
    assert verdict.cause(given_.reason or "") == verdict.DISAGREE


def test_the_statement_that_names_most_covers_those_that_name_less():
    assert decide(PATH, [says("MIT"), says("MIT AND BSD-3-Clause"), names("BSD")]).spdx == "MIT AND BSD-3-Clause"
    assert decide(PATH, [says("MIT"), says("Apache-2.0"), says("MIT OR Apache-2.0")]).spdx == "MIT OR Apache-2.0"


def test_and_and_or_of_the_same_licences_do_not_agree():
    assert decide(PATH, [says("MIT OR Apache-2.0"), says("MIT AND Apache-2.0")]).status == "conflict"


def test_a_family_agrees_with_its_own_licence_and_no_other():
    assert decide(PATH, [names("BSD"), says("BSD-2-Clause")]).spdx == "BSD-2-Clause"
    assert decide(PATH, [names("BSD"), says("MIT")]).status == "conflict"


def test_a_family_alone_is_held():
    given_ = decide(PATH, [names("BSD")])
    assert (given_.status, given_.accepted, verdict.cause(given_.reason or "")) == ("family-only", False, verdict.FAMILY_ONLY)


def test_a_head_that_names_a_family_is_completed_by_the_wider_statement_and_not_by_a_guess():
    family = names("BSD", "file", PATH, "header-statement")
    assert decide(PATH, [family, says("BSD-2-Clause")]).spdx == "BSD-2-Clause"
    assert decide(PATH, [family, says("MIT")]).status == "family-only"
    assert decide(PATH, [family]).status == "family-only"


def test_a_head_about_a_part_adds_to_what_holds_for_the_whole():
    assert decide(PATH, [head("MIT", PART), says("BSD-3-Clause")]).spdx == "BSD-3-Clause AND MIT"
    assert decide(PATH, [head("MIT", PART), says("MIT")]).spdx == "MIT"
    assert not decide(PATH, [head("MIT", PART), unclear()]).accepted


def test_everything_a_head_names_binds_together():
    assert decide(PATH, [head("MIT"), head("ISC")]).spdx == "MIT AND ISC"
    assert not decide(PATH, [head("MIT"), head("GPL-3.0-only")]).accepted
    both = [head("Apache-2.0"), names("BSD", "file", PATH, "header-statement")]
    assert decide(PATH, [*both, says("Apache-2.0 OR BSD-2-Clause")]).spdx == "Apache-2.0 OR BSD-2-Clause"
    assert decide(PATH, [*both, says("BSD-2-Clause")]).spdx == "BSD-2-Clause AND Apache-2.0"


@pytest.mark.parametrize("status", ["unresolved", "conflict"])
@pytest.mark.parametrize(("kind", "scope"), [("whole", ""), ("tree", "pkg/"), ("file", PATH)])
def test_a_statement_that_was_not_understood_blocks_and_is_not_passed_over(status, kind, scope):
    given_ = decide(PATH, [unclear(kind, scope, status), says("MIT", kind, scope), says("MIT")])
    assert (given_.status, given_.accepted) == (status, False)


def test_a_silent_statement_is_passed_over():
    assert decide(PATH, [unclear("file", PATH, rule=SILENT), says("MIT")]).accepted


def test_bundled_code_is_not_covered_by_the_distribution_around_it():
    blocked = Claim("tree", "pkg/sub/", "bundled code", Reading("unresolved", VENDORED), "third-party", "pkg/sub/")
    given_ = decide(PATH, [blocked, says("MIT")])
    assert (given_.accepted, given_.reason) == (False, "Vendored code without a licence statement of its own: pkg/sub/.")
    assert decide(PATH, [blocked, says("MIT"), head("ISC")]).accepted


def test_equal_problems_of_many_files_have_equal_reasons():
    reasons = {
        decide(path, [names("LGPL", "file", path, "header-refused"), says("MIT")]).reason for path in ("a.py", "b/c.py", "d.h")
    }
    assert len(reasons) == 1


def test_a_verdict_without_its_copyright_line_is_held():
    held = verdict.without_notice(decide(PATH, [says("MIT")]))
    assert (held.accepted, held.spdx, held.family) == (False, None, None)
    assert verdict.cause(held.reason or "") == verdict.NO_NOTICE


@pytest.mark.parametrize("spdx", ["CC-BY-4.0", "CC-BY-SA-3.0", "MIT", "OGL-UK-3.0", "ODbL-1.0", "MIT AND CC0-1.0"])
def test_a_document_that_cannot_be_credited_as_its_licence_asks_is_held(spdx):
    accepted = decide(PATH, [says(spdx)])
    for author, attribution in ((None, None), ("", None), (" ", "\n")):
        held = verdict.credited(accepted, author, attribution)
        assert (held.accepted, held.spdx, held.family, held.status) == (False, None, None, "unresolved")
        assert verdict.cause(held.reason or "") == verdict.NO_AUTHOR
    assert verdict.credited(accepted, "Ada", None) == verdict.credited(accepted, None, "(c) Ada") == accepted


@pytest.mark.parametrize("spdx", ["CC0-1.0", "Unlicense", "0BSD", "CC0-1.0 OR MIT"])
def test_what_asks_for_no_credit_needs_none(spdx):
    accepted = decide(PATH, [says(spdx)])
    assert accepted.accepted
    assert verdict.credited(accepted, None, None) == accepted


_READINGS = st.sampled_from(
    [
        Reading("resolved", "spdx", spdx)
        for spdx in ("MIT", "Apache-2.0", "MIT OR Apache-2.0", "GPL-3.0-only", "CC-BY-SA-4.0", "BSD-2-Clause")
    ]
    + [Reading("family-only", "name", family=family) for family in ("BSD", "GPL", "Apache")]
    + [Reading("unresolved", rule) for rule in ("unknown", SILENT, VENDORED)]
    + [Reading("conflict", "reservation"), Reading("resolved", PART, "ISC")]
)
_PLACES = st.sampled_from(
    [("whole", ""), ("tree", "pkg/"), ("tree", "pkg/sub/"), ("file", PATH), ("binary", ""), ("notice", ""), ("tree", "x/")]
)
_CLAIMS = st.lists(
    st.builds(
        lambda place, reading, who: Claim(place[0], place[1], "raw", reading, who, f"{place}"),
        _PLACES,
        _READINGS,
        st.sampled_from(["rightsholder", "host", "uploader", "aggregator"]),
    ),
    max_size=6,
)


@given(_CLAIMS, st.randoms())
def test_the_order_of_claims_never_matters(claims, random):
    shuffled = list(claims)
    random.shuffle(shuffled)
    first, second = decide(PATH, claims), decide(PATH, shuffled)
    assert (first.status, first.accepted, first.family) == (second.status, second.accepted, second.family)


@given(_CLAIMS)
def test_what_is_accepted_is_resolved_and_what_is_not_has_a_reason_with_a_known_cause(claims):
    given_ = decide(PATH, claims)
    if given_.accepted:
        assert given_.status == "resolved"
        assert None not in (given_.spdx, given_.family)
        assert given_.reason is None
        assert given_.evidence
    else:
        assert given_.family is None
        assert verdict.cause(given_.reason or "") in verdict.CAUSES


@given(_CLAIMS)
def test_an_unreadable_head_never_lets_a_file_in(claims):
    assert not decide(PATH, [*claims, unclear("file", PATH)]).accepted


@given(_CLAIMS)
def test_a_copyleft_head_never_lets_a_file_in(claims):
    assert not decide(PATH, [*claims, head("GPL-3.0-only")]).accepted
