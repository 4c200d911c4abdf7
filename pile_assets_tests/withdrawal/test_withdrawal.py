"""What a request takes out, what takes its place, what comes back, and what is refused when it arrives again."""

import pytest

from pile_assets.build import build
from pile_assets.inspection.rebuild import rebuild
from pile_assets.inspection.verify import verify
from pile_assets.withdrawal import needles
from pile_assets_tests.deployments import document, prose, with_changed_word
from pile_assets_tests.test_build import run as forecast_and_run
from pile_assets_tests.test_build import shard_bytes
from pile_assets_tests.withdrawal.requests import add, decided, dropped, ids, request, run

CANONICAL = "fables:one/fable-one-2"
COPY, NEAR = "songs:late/same", "songs:late/near"

# -- what goes, and what takes its place ---------------------------------------------------------------------------


def test_a_canonical_leaves_and_its_best_duplicate_takes_its_place(corpus):
    before = ids(corpus)
    assert COPY not in before
    assert NEAR not in before
    add(corpus, request(1, "doc_id", CANONICAL))
    report = forecast_and_run(corpus)
    gone, come = before - ids(corpus), ids(corpus) - before
    assert gone == {CANONICAL}
    assert come < {COPY, NEAR}
    assert len(come) == 1  # the other is its duplicate now
    assert report.touched["suppressions"] == ["fables/one"]
    assert report.touched["eligible"] == ["fables/one"]
    assert report.touched["unique"] == ["fables/one", "songs/late"]
    assert report.materialized["documents"] == report.materialized["signatures"] == 0
    assert dropped(corpus, "fables", "one") == {"takedown": 1}


def test_with_near_duplicates_nothing_takes_its_place(corpus):
    before = ids(corpus)
    add(corpus, request(1, "doc_id", CANONICAL, near_duplicates=True))
    report = forecast_and_run(corpus)
    assert ids(corpus) == before - {CANONICAL}
    assert report.touched["suppressions"] == ["fables/one", "songs/late"]
    assert dropped(corpus, "songs", "late") == {"takedown": 2}


def test_a_whole_author_leaves_every_partition_and_no_other_is_touched(corpus):
    before = ids(corpus)
    add(corpus, request(1, "author_key", "ADA MILLER"))
    report = run(corpus)
    gone = before - ids(corpus)
    assert gone == {id_ for id_ in before if id_.startswith(("fables:one/", "fables:three/"))}
    assert report.touched["eligible"] == ["fables/one", "fables/three"]
    assert dropped(corpus, "fables", "two") == {}


def test_a_takedown_outranks_the_filters_and_counts_are_conserved(corpus):
    corpus.publish("songs", "odd", [document("short", "Too short."), document("held", licence="")])
    run(corpus)
    add(corpus, request(1, "url_prefix", "https://example.org/short"), request(2, "url_prefix", "https://example.org/held"))
    run(corpus)
    assert dropped(corpus, "songs", "odd") == {"takedown": 2}


def test_what_is_not_meant_is_not_touched_and_the_shards_of_the_others_keep_their_bytes(corpus):
    before = shard_bytes(corpus)
    add(corpus, request(1, "doc_id", "fables:two/fable-two-1"))
    report = run(corpus)
    after = shard_bytes(corpus)
    changed = {file.partition("/")[0] for file, _ in before.items() ^ after.items()}
    assert [f"books/{shard}" for shard in changed] == report.touched["shards"]
    assert len(changed) == 1
    assert set(run(corpus).materialized.values()) == {0}


def test_a_request_that_means_nothing_yet_costs_no_partition(corpus):
    add(corpus, request(1, "doc_id", "fables:nowhere/none"))
    assert set(run(corpus).touched) == {"takedowns"}


def test_a_decision_that_grants_changes_no_partition_but_says_so_in_the_release(corpus):
    entry = request(1, "doc_id", CANONICAL)
    add(corpus, entry)
    run(corpus)
    add(corpus, decided(entry, "granted"))
    assert set(run(corpus).touched) == {"takedowns", "release"}


# -- undone --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("states", [("refused",), ("granted", "reversed")])
def test_what_is_refused_or_undone_comes_back_byte_for_byte(corpus, near, states):
    before = shard_bytes(corpus)
    entry = request(1, "doc_id", CANONICAL, near_duplicates=near)
    add(corpus, entry)
    run(corpus)
    assert shard_bytes(corpus) != before
    for state in states:
        entry = decided(entry, state)
        add(corpus, entry)
        run(corpus)
    assert shard_bytes(corpus) == before
    assert set(run(corpus).materialized.values()) == {0}


def test_a_partial_grant_leaves_in_what_it_spares(corpus):
    before = ids(corpus)
    entry = request(1, "author_key", "B. Baker")
    add(corpus, entry)
    run(corpus)
    add(corpus, decided(entry, "partially_granted", spared=["fables:two/fable-two-0"]))
    run(corpus)
    assert before - ids(corpus) == {f"fables:two/fable-two-{i}" for i in (1, 2, 3)}


# -- what arrives later --------------------------------------------------------------------------------------------


def test_what_arrives_under_the_scope_is_never_eligible(corpus):
    add(corpus, request(1, "author_key", "Ada Miller"))
    run(corpus)
    corpus.publish("fables", "four", [document("new", author="Ada Miller"), document("other", author="D")])
    report = forecast_and_run(corpus)
    assert "fables:four/new" not in ids(corpus)
    assert "fables:four/other" in ids(corpus)
    made = [outcome for outcome in report.outcomes if outcome.address.stage == "eligible"]
    assert [outcome.before for outcome in made] == [None]  # it was never made without the takedown


def test_a_request_for_the_present_only_lets_in_what_arrives_later(corpus):
    add(corpus, request(1, "author_key", "Ada Miller", future=False))
    run(corpus)
    corpus.publish("fables", "four", [document("new", author="Ada Miller"), document("copy", prose("fable-one-1"))])
    run(corpus)
    assert {"fables:four/new", "fables:four/copy"} <= ids(corpus)
    assert not any(id_.startswith("fables:one/") for id_ in ids(corpus))


@pytest.mark.parametrize("spelling", [str, str.upper, lambda text: text.replace(" ", "\n\n")])
def test_the_same_text_is_refused_under_another_id_however_it_is_spaced_or_capitalised(corpus, spelling):
    add(corpus, request(1, "doc_id", "fables:two/fable-two-1"))
    run(corpus)
    corpus.publish("songs", "again", [document("under-another-name", spelling(prose("fable-two-1"))), document("fresh")])
    run(corpus)
    assert "songs:again/under-another-name" not in ids(corpus)
    assert "songs:again/fresh" in ids(corpus)
    assert dropped(corpus, "songs", "again")["takedown"] == 1


def test_a_duplicate_that_was_there_before_stays_but_another_copy_is_refused(corpus):
    add(corpus, request(1, "doc_id", CANONICAL))
    run(corpus)
    corpus.publish("songs", "again", [document("third", prose("fable-one-2"))])
    run(corpus)
    assert dropped(corpus, "songs", "again") == {"takedown": 1}
    assert {COPY, NEAR} & ids(corpus)


@pytest.mark.parametrize("near", [False, True])
def test_what_resembles_it_is_refused_for_ever_only_where_that_was_asked(corpus, near):
    add(corpus, request(1, "doc_id", "fables:two/fable-two-1", near_duplicates=near))
    run(corpus)
    corpus.publish("songs", "again", [document("alike", with_changed_word(prose("fable-two-1")))])
    run(corpus)
    assert ("songs:again/alike" in ids(corpus)) == (not near)


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("source", ["songs", "fables"])
def test_nobody_takes_out_what_was_there_by_publishing_it_again_under_a_name_that_is_refused(corpus, near, source):
    before = ids(corpus)
    add(corpus, request(1, "author_key", "Evil Copyist", near_duplicates=near))
    run(corpus)
    texts = [prose("fable-two-1"), with_changed_word(prose("fable-two-2"), 9)]
    copied = [document(f"copy-{i}", text, author="Evil Copyist") for i, text in enumerate(texts)]
    if source == "fables":  # in the very partition that holds the original
        copied += [document(f"fable-two-{i}", author="B. Baker") for i in range(4)]
    corpus.publish(source, "two", copied)
    run(corpus)
    assert ids(corpus) == before
    run_again = [document(f"fable-two-{i}", author="B. Baker, of the mill") for i in range(4)]
    corpus.publish("fables", "two", run_again)
    run(corpus)
    assert ids(corpus) == before


@pytest.mark.parametrize("first", ["named", "copy"])
def test_a_copy_that_arrives_with_the_refused_text_is_refused_whichever_is_looked_at_first(corpus, first):
    """The larger partition is begun with."""
    add(corpus, request(1, "author_key", "Evil Copyist"))
    run(corpus)
    lines = {"named": [document("named", prose("stolen"), author="Evil Copyist")], "copy": [document("copy", prose("stolen"))]}
    lines[first] += [document(f"more-{i}") for i in range(9)]
    for partition, published in lines.items():
        corpus.publish("songs", partition, published)
    run(corpus, threads=1)
    assert f"songs:{first}/more-0" in ids(corpus)
    assert "songs:copy/copy" not in ids(corpus)
    assert rebuild(corpus.deployment.open()).problems == []


def test_what_is_withdrawn_when_its_text_is_refused_may_not_return_with_it(corpus):
    corpus.publish("songs", "m", [document("copy", prose("stolen"))])
    add(corpus, request(1, "author_key", "Evil Copyist"))
    run(corpus)
    corpus.withdraw("songs", "m")
    run(corpus)
    corpus.publish("songs", "a", [document("named", prose("stolen"), author="Evil Copyist")])
    run(corpus)
    assert rebuild(corpus.deployment.open()).problems == []
    corpus.publish("songs", "m", [document("copy", prose("stolen"))])
    run(corpus)
    assert "songs:m/copy" not in ids(corpus)


@pytest.mark.parametrize("near", [False, True])
def test_a_document_that_was_there_may_not_take_the_text_of_a_removed_one(corpus, near):
    add(corpus, request(1, "doc_id", "fables:two/fable-two-1", near_duplicates=near))
    run(corpus)
    lines = [document("same", prose("fable-two-1")), document("near"), document("song")]
    corpus.publish("songs", "late", lines)
    run(corpus)
    assert "songs:late/same" not in ids(corpus)


def test_a_document_keeps_out_whatever_text_it_has_next_and_no_other_may_bring_that(corpus):
    add(corpus, request(1, "doc_id", "fables:two/fable-two-1"))
    run(corpus)
    lines = [document(f"fable-two-{i}", prose("rewritten") if i == 1 else None, author="B. Baker") for i in range(4)]
    corpus.publish("fables", "two", lines)
    run(corpus)
    corpus.publish("songs", "again", [document("thief", prose("rewritten"))])
    run(corpus)
    assert not {"fables:two/fable-two-1", "songs:again/thief"} & ids(corpus)


def test_a_text_is_refused_by_its_keyed_hash_alone(corpus):
    from pile_assets_tests.commands import Pile

    pile = Pile(corpus)
    file = corpus.root / "text.txt"
    file.write_text(prose("fable-two-3").upper())
    value = pile.ask("takedown", "fingerprint", str(file))["content_hmac"]
    add(corpus, request(1, "content_hmac", value))
    run(corpus)
    assert "fables:two/fable-two-3" not in ids(corpus)


def test_a_text_that_is_masked_or_has_a_licence_comment_is_refused_by_its_keyed_hash_too(corpus):
    from pile_assets_tests.commands import Pile

    code = "".join(f"def grind_{n}(grain):\n    return grain * {n}\n\n\n" for n in range(12))
    texts = {
        "mail.txt": prose("mail") + "\nWrite to miller@example.org today.",
        "mill.py": f"# SPDX-License-Identifier: MIT\n{code}",
    }
    corpus.publish(
        "songs",
        "known",
        [document("mail", texts["mail.txt"]), document("code", texts["mill.py"], media_type="text/x-python", licence="MIT")],
    )
    run(corpus)
    assert {"songs:known/mail", "songs:known/code"} <= ids(corpus)
    for number, (name, text) in enumerate(texts.items(), 1):
        (corpus.root / name).write_text(text)
        exact = ["--exact"] if name == "mail.txt" else []
        value = Pile(corpus).ask("takedown", "fingerprint", str(corpus.root / name), *exact)["content_hmac"]
        add(corpus, request(number, "content_hmac", value))
    run(corpus)
    assert not {"songs:known/mail", "songs:known/code"} & ids(corpus)


def test_what_a_purge_looks_for_is_kept_together_whatever_its_pieces_were_called():
    first, again = {"a:1\n0": "the older text", "a:1\n1": "the newer text"}, {"a:1\n0": "the newer text", "a:2\n1": "another"}
    both = needles.together(first, again)
    assert sorted((needles.document(name), piece) for name, piece in both.items()) == [
        ("a:1", "the newer text"),
        ("a:1", "the older text"),
        ("a:2", "another"),
    ]
    assert needles.together(both, again) == both


def test_a_source_that_waits_for_review_or_has_a_broken_record_loses_what_is_named_too(corpus):
    before = shard_bytes(corpus)
    record = (corpus.registry / "fables.yaml").read_text()
    (corpus.registry / "fables.yaml").write_text("id: [broken")
    build(corpus.deployment.open())
    entry = request(1, "doc_id", CANONICAL)
    add(corpus, entry)
    forecast_and_run(corpus)
    assert CANONICAL not in ids(corpus)
    assert {COPY, NEAR} & ids(corpus)
    assert dropped(corpus, "fables", "one") == {"takedown": 1}
    assert verify(corpus.deployment.open().view.store).problems == ()
    add(corpus, request(2, "doc_id", "fables:one/fable-one-3"))
    run(corpus)
    assert dropped(corpus, "fables", "one") == {"takedown": 2}
    assert set(run(corpus).materialized.values()) == {0}
    withheld = shard_bytes(corpus)
    (corpus.registry / "fables.yaml").write_text(record)  # it runs again: its chain decides, and decides the same
    run(corpus)
    assert shard_bytes(corpus) == withheld
    (corpus.registry / "fables.yaml").write_text("id: [broken")
    other = request(3, "doc_id", "fables:two/fable-two-1")
    add(corpus, other)
    run(corpus)
    add(corpus, decided(other, "refused"))
    run(corpus)
    assert shard_bytes(corpus) == withheld  # undone where it stands still
    (corpus.registry / "fables.yaml").write_text(record)
    add(corpus, decided(entry, "refused"), decided(request(2, "doc_id", "fables:one/fable-one-3"), "refused"))
    run(corpus)
    assert shard_bytes(corpus) == before


@pytest.mark.parametrize("near", [False, True])
def test_built_again_from_nothing_with_the_same_state_everything_is_the_same(corpus, near):
    granted = request(1, "doc_id", CANONICAL, near_duplicates=near)
    add(corpus, granted, request(2, "author_key", "B. Baker"))
    run(corpus)
    corpus.publish("songs", "again", [document("third", prose("fable-one-2")), document("fresh")])
    run(corpus)
    add(corpus, decided(granted, "granted"))
    run(corpus)
    rebuilt = rebuild(corpus.deployment.open())
    assert rebuilt.problems == []
    assert rebuilt.manifests > 20
