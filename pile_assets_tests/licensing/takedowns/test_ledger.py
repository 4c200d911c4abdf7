"""The ledger is read whatever stands in it, and a mistake in it keeps documents out, never in."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets.licensing.takedowns.ledger import Ledger, Sealed, read, sealed
from pile_assets.licensing.takedowns.model import FOLLOWS, Takedown, follows
from pile_assets_tests.withdrawal.requests import decided, request

KEY = bytes(32)
BOOK = request(1, "url_prefix", "https://example.org/book/")
SONG = request(2, "doc_id", "songs:one/a")


def lines(*entries: Takedown) -> str:
    return "".join(f"{entry.as_line()}\n" for entry in entries)


def after_sealing(*entries: Takedown) -> list[Sealed]:
    return sealed(KEY, read(lines(*entries), [], KEY).lines)


def in_force(ledger: Ledger) -> list[tuple[str, str]]:
    return [(entry.scope.kind, entry.scope.value) for entry in ledger.in_force]


def test_a_request_is_in_force_before_anybody_has_decided_on_it():
    ledger = read(lines(BOOK), [], KEY)
    assert in_force(ledger) == [("url_prefix", "https://example.org/book/")]
    assert ledger.flaws == ()


def test_the_example_of_the_schema_is_accepted_as_it_stands():
    line = {
        "id": "TD-2026-0007",
        "received": "2026-11-20",
        "requester_role": "rightsholder",
        "channel": "issue",
        "reason": "wrong_licence",
        "basis": "legal",
        "scope": {
            "kind": "url_prefix",
            "value": "https://example.org/book/",
            "case_sensitive": False,
            "future": True,
            "near_duplicates": True,
        },
        "decision": {"state": "granted", "on": "2026-11-21", "by": "reviewer"},
        "effect": {
            "docs_removed": 3,
            "releases_affected": ["2026.10.0"],
            "first_clean_release": "2026.11.0",
            "older_releases": "withdrawn",
        },
        "history": [["2026-11-20", "received"], ["2026-11-20", "quarantined"], ["2026-11-21", "granted"]],
    }
    assert read(json.dumps(line), [], KEY).flaws == ()


@pytest.mark.parametrize("state", ["refused", "reversed"])
def test_what_was_refused_or_undone_is_no_longer_in_force(state):
    before = decided(BOOK, "granted") if state == "reversed" else BOOK
    assert in_force(read(lines(BOOK, *([before] if before != BOOK else []), decided(before, state)), [], KEY)) == []


@pytest.mark.parametrize("state", sorted(FOLLOWS))
def test_only_the_decisions_that_may_follow_are_taken(state):
    options = {"partially_granted": {"spared": ["songs:one/a"]}}
    start = BOOK if state == "pending_quarantined" else decided(BOOK, state, **options.get(state, {}))
    for following in sorted(FOLLOWS):
        after = decided(start, following, **options.get(following, {}))
        assert (follows(start, after) is None) == (following in FOLLOWS[state] or following == state)


def test_a_later_line_continues_the_history_and_changes_nothing_that_was_asked():
    other_scope = decided(BOOK, "granted").model_copy(update={"scope": SONG.scope})
    no_history = decided(BOOK, "granted").model_copy(update={"history": (("2026-11-20", "granted"),)})
    for wrong, field in ((other_scope, "scope"), (no_history, "history")):
        (flaw,) = read(lines(BOOK, wrong), [], KEY).flaws
        assert (flaw.line, flaw.field) == (2, field)


# -- broken lines --------------------------------------------------------------------------------------------------


BROKEN = {
    "an unknown word": (BOOK.as_line().replace("wrong_licence", "bad_licence"), "reason"),
    "an unknown field": (BOOK.as_line().replace('"reason"', '"name": "A. Miller", "reason"'), "name"),
    "a field left out": (BOOK.as_line().replace('"basis":"legal",', ""), "basis"),
    "a bad id": (BOOK.as_line().replace("TD-2026-0001", "TD-1"), "id"),
    "cut off": (BOOK.as_line()[:-30], "line"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_line_names_line_field_and_remedy_and_keeps_out_what_it_says(name):
    line, field = BROKEN[name]
    ledger = read(f"{SONG.as_line()}\n{line}\n", [], KEY)
    (flaw,) = ledger.flaws
    assert (flaw.line, flaw.field) == (2, field)
    assert flaw.remedy
    assert ("url_prefix", "https://example.org/book/") in in_force(ledger)
    assert ("doc_id", "songs:one/a") in in_force(ledger)


NEAR = request(3, "url_prefix", "https://example.org/book/", near_duplicates=True)


@pytest.mark.parametrize("written", [NEAR.as_line(), json.dumps(json.loads(NEAR.as_line()))], ids=["dense", "spaced"])
def test_wherever_a_line_is_cut_off_what_resembles_the_named_documents_stays_out_too(written):
    value = written.index("/book/") + len('/book/"')
    for end in range(value, len(written)):
        ledger = read(written[:end], [], KEY)
        assert [flaw.field for flaw in ledger.flaws] == ["line"]
        assert [entry.scope.near_duplicates for entry in ledger.held] == [True], written[:end]


def test_a_cut_line_that_still_says_that_others_may_stay_keeps_out_the_named_ones_only():
    (held,) = read(BOOK.as_line()[:-30], [], KEY).held
    assert not held.scope.near_duplicates


@pytest.mark.parametrize("kind", ["url-prefix", "", None, 3, ["url_prefix"], {}])
def test_a_kind_that_is_none_means_every_kind_that_has_such_values(kind):
    whole = json.loads(BOOK.as_line())
    whole["scope"]["kind"] = kind
    held = [(entry.scope.kind, entry.scope.value) for entry in read(json.dumps(whole), [], KEY).held]
    assert ("url_prefix", BOOK.scope.value) in held
    assert ("content_hmac", BOOK.scope.value) not in held
    del whole["scope"]["kind"]
    assert [(entry.scope.kind, entry.scope.value) for entry in read(json.dumps(whole), [], KEY).held] == held


@pytest.mark.parametrize("field", ["near_duplicates", "future", "case_sensitive"])
def test_a_field_of_a_scope_that_cannot_be_read_narrows_nothing(field):
    whole = json.loads(NEAR.as_line())
    whole["scope"][field] = "perhaps"
    ledger = read(json.dumps(whole), [], KEY)
    assert [flaw.field for flaw in ledger.flaws] == [f"scope.{field}"]
    assert [entry.scope for entry in ledger.held] == [NEAR.scope]


def test_a_broken_decision_lets_nothing_in():
    wrong = decided(BOOK, "refused").as_line().replace('"refused"', '"rejected"')
    assert ("url_prefix", "https://example.org/book/") in in_force(read(f"{lines(BOOK)}{wrong}\n", [], KEY))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("url_prefix", "https://"),
        ("url_prefix", "example.org"),
        ("doc_id", "anything"),
        ("author_key", " "),
        ("repo", "name"),
        ("doi", "11.1/x"),
        ("content_hmac", "abc"),
        ("source", "Some Source"),
    ],
)
def test_a_scope_that_would_mean_all_or_nothing_is_refused(kind, value):
    line = json.dumps(json.loads(SONG.as_line()) | {"scope": {"kind": kind, "value": value}})
    (flaw,) = read(line, [], KEY).flaws
    assert flaw.field == "scope"


# -- seals ---------------------------------------------------------------------------------------------------------


def test_lines_are_sealed_once_and_new_ones_added_to_the_chain():
    first = after_sealing(BOOK)
    ledger = read(lines(BOOK, SONG), first, KEY)
    assert sealed(KEY, ledger.lines, first) == after_sealing(BOOK, SONG)
    assert ledger.flaws == ()


def test_a_line_that_was_removed_or_changed_is_reported_and_stays_in_force():
    known = after_sealing(BOOK, SONG)
    for text, line in ((lines(BOOK), 2), ("", 1), (lines(decided(BOOK, "refused"), SONG), 1), (lines(SONG, BOOK), 1)):
        ledger = read(text, known, KEY)
        assert ledger.flaws[0].line == line
        assert {("doc_id", "songs:one/a"), ("url_prefix", "https://example.org/book/")} <= set(in_force(ledger))


def test_a_sealed_copy_that_was_changed_or_has_another_key_is_noticed():
    known = after_sealing(BOOK, SONG)
    changed = [Sealed(known[0].line.replace("book", "look"), known[0].seal), known[1]]
    for copy, key in ((changed, KEY), (known, bytes(31) + b"x"), (known, None), (known[1:], KEY)):
        assert "seal" in [flaw.field for flaw in read(lines(BOOK, SONG), copy, key).flaws]


def test_nothing_is_sealed_behind_a_line_that_cannot_be_used():
    text = f"{lines(BOOK)}nonsense\n{lines(SONG)}"
    ledger = read(text, [], KEY)
    assert list(ledger.lines) == [BOOK.as_line()]
    assert len(in_force(ledger)) == 2


@given(st.text(max_size=300), st.integers(0, 2))
def test_whatever_is_written_beside_them_two_requests_stay_in_force(text, place):
    whole = [BOOK.as_line(), SONG.as_line()]
    whole.insert(place, text.replace("\n", " "))
    ledger = read("\n".join(whole), after_sealing(BOOK), KEY)
    assert {("doc_id", "songs:one/a"), ("url_prefix", "https://example.org/book/")} <= set(in_force(ledger))
