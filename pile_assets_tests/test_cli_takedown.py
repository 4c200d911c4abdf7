"""`pile takedown` as an operator uses it, from receipt to a store that holds no byte of the document, and back."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest

from pile_assets.console import takedowns as console
from pile_assets.licensing.takedowns import model
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import document, prose

GONE = "songs:mixed/credited"
WHY = ("--reason", "wrong_licence", "--role", "rightsholder")
LINE = prose("credited").splitlines()[3]
"""A line of the document's text that no other document has."""


def add(pile: Pile, kind: str, value: str, *more: str) -> Any:
    return pile.ask("takedown", "add", kind, value, *WHY, "--yes", *more)


def decide(pile: Pile, state: str, *more: str, id_: str = "TD-2026-0001") -> Any:
    return pile.ask("takedown", "decide", id_, state, "--by", "reviewer", "--yes", *more)


def first(pile: Pile) -> str:
    """The id of the only request; its year is that of today."""
    (request,) = pile.ask("takedown", "list")["requests"]
    return str(request["id"])


def files_with(home: Path, text: str) -> Iterator[str]:
    """Every file under a home that holds a text, once Parquet is decoded and gzip undone; written apart from `proof`."""
    forms = {text.encode(), json.dumps(text)[1:-1].encode()}
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            columns = pl.read_parquet(path).get_columns()
            content = b"\0".join(v if isinstance(v, bytes) else str(v).encode() for c in columns for v in c.to_list())
        elif content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        if any(form in content for form in forms):
            yield str(path.relative_to(home))


def shard_ids(pile: Pile) -> set[str]:
    return {id_ for content in pile.shard_files().values() for id_ in pl.read_parquet(content)["id"]}


def test_the_words_of_the_options_are_those_of_the_model():
    fields = {
        "KINDS": model.Scope.model_fields["kind"],
        "REASONS": model.Takedown.model_fields["reason"],
        "ROLES": model.Takedown.model_fields["requester_role"],
        "CHANNELS": model.Takedown.model_fields["channel"],
        "BASES": model.Takedown.model_fields["basis"],
        "STATES": model.Decision.model_fields["state"],
        "OLDER_RELEASES": model.Effect.model_fields["older_releases"],
    }
    for name, field in fields.items():
        assert getattr(console, name) == get_args(field.annotation), name


def test_before_anything_is_written_it_is_shown_what_is_meant(built: Pile) -> None:
    asked = built.ask("takedown", "add", "doc_id", "fables:one/fable-one-0", *WHY)
    assert not asked["written"]
    assert asked["matches"]["documents"] == asked["matches"]["in_shards"] == 1
    assert asked["matches"]["partitions"] == {"fables/one": 1}
    assert asked["matches"]["may_return"] == ["songs:mixed/copy"]
    assert built.ask("takedown", "list")["requests"] == []
    declined = built.run("takedown", "add", "doc_id", GONE, *WHY)
    assert "Nothing was written." in declined.output or declined.exit_code == 1


def test_a_request_takes_effect_when_it_is_written_and_reaches_the_shards_with_the_next_build(built: Pile) -> None:
    written = add(built, "doc_id", GONE)
    assert written["applied"]
    assert written["partitions"] == ["songs/mixed"]
    shown = built.ask("takedown", "show", first(built))
    assert shown["partitions"] == {"songs/mixed": 1}
    assert sum(shown["still_in_shards"].values()) == 1
    report = built.build()
    assert report["touched"].keys() == {"dedup", "unique", "shard_plan", "shards", "legal_kit", "cards", "release"}
    assert GONE not in shard_ids(built)
    measured = built.ask("takedown", "show", first(built))["measured"]
    assert 0 <= measured["seconds_to_applied"] <= measured["seconds_to_clean"]
    assert measured["first_clean_release"] == built.release
    assert built.run("verify").exit_code == 0


def test_while_a_build_has_the_store_a_request_is_written_and_waits(built: Pile) -> None:
    with built.store.lock("pile build", exclusive=True):
        written = add(built, "doc_id", GONE)
    assert not written["applied"]
    assert "pile build" in written["because"]
    built.build()
    assert GONE not in shard_ids(built)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("url_prefix", "example.org"), "address with a host"),
        (("doc_id", "nothing"), "as `pile find` prints it"),
    ],
)
def test_a_request_that_cannot_stand_is_refused_by_field(built: Pile, arguments: tuple[str, str], said: str) -> None:
    refused = built.ask("takedown", "add", *arguments, *WHY, "--yes", exit_code=1)
    assert said in refused["error"]["cause"]


def test_a_decision_that_cannot_follow_is_refused(built: Pile) -> None:
    add(built, "doc_id", GONE)
    refused = built.ask("takedown", "decide", first(built), "reversed", "--by", "reviewer", "--yes", exit_code=1)
    assert "reversed cannot follow pending_quarantined" in refused["error"]["cause"]


def test_a_flaw_of_the_ledger_is_listed_with_line_and_remedy(built: Pile) -> None:
    add(built, "doc_id", GONE)
    path = built.corpus.home / "state" / "takedowns" / "ledger.jsonl"
    path.write_text(path.read_text() + '{"id": "TD-2026-0002"}\n')
    listed = built.ask("takedown", "list", exit_code=1)
    assert listed["flaws"][0]["line"] == 2


# -- purged --------------------------------------------------------------------------------------------------------


def test_a_purge_leaves_no_byte_of_the_document_anywhere_and_the_others_as_they_were(built: Pile) -> None:
    before = shard_ids(built)
    kinds = {name.split("/")[3] if name.startswith("store/sources") else name.split("/")[0] for name in found(built)}
    assert {"raw", "documents", "cleaned", "store"} <= kinds
    add(built, "doc_id", GONE)
    decide(built, "granted", "--purge", id_=first(built))
    built.build()
    assert found(built)  # out of the corpus, and still in the store
    done = built.ask("takedown", "purge", "--yes")
    assert done["proven"]
    assert done["documents"] == {first(built): 1}
    assert found(built) == []
    assert shard_ids(built) == before - {GONE}
    assert built.run("verify").exit_code == 0
    assert built.ask("takedown", "purge") == {"documents": {}}
    measured = built.ask("takedown", "show", first(built))["measured"]
    assert measured["seconds_to_purged"] >= measured["seconds_to_clean"]


def found(pile: Pile) -> list[str]:
    return list(files_with(pile.corpus.home, LINE))


def test_a_build_after_a_purge_fetches_nothing_again(built: Pile) -> None:
    purged(built)
    assert not any(built.build()["touched"].get(stage) for stage in ("raw", "documents", "eligible", "shards"))
    assert found(built) == []


def purged(pile: Pile) -> None:
    add(pile, "doc_id", GONE)
    decide(pile, "granted", "--purge", id_=first(pile))
    assert pile.ask("takedown", "purge", "--yes")["proven"]
    pile.build()


def test_what_the_publisher_sends_again_is_refused_and_removed_again(fresh: Pile) -> None:
    fresh.build()
    purged(fresh)
    path = fresh.corpus.folder("songs") / "mixed.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    fresh.corpus.publish("songs", "mixed", [*lines, document("another"), document("thief", prose("credited"))])
    fresh.build()
    assert not {GONE, "songs:mixed/thief"} & shard_ids(fresh)
    assert "songs:mixed/another" in shard_ids(fresh)
    assert found(fresh)
    assert fresh.ask("takedown", "purge", "--yes")["proven"]
    assert found(fresh) == []


def test_what_was_purged_comes_back_when_that_is_undone_and_it_is_fetched_again(built: Pile) -> None:
    before = built.shard_files()
    purged(built)
    decide(built, "reversed", id_=first(built))
    assert built.ask("takedown", "purge", "--yes")["to_be_fetched_again"] == ["songs/mixed"]
    built.build()
    assert built.shard_files() == before


def test_a_purge_says_which_releases_are_gone_and_the_next_release_too(built: Pile) -> None:
    old = built.release
    add(built, "doc_id", GONE)
    decide(built, "granted", "--purge", id_=first(built))
    built.build()
    done = built.ask("takedown", "purge", "--yes")
    assert old in done["releases_withdrawn"]
    built.build()
    latest = json.loads((built.corpus.home / "releases" / "latest.json").read_bytes())
    assert old in latest["withdrawn"]["releases"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--older-releases", "rewritten"), "by a purge only"),
        (("--older-releases", "withdrawn"), "by a purge only"),
        (("--purge", "--older-releases", "kept"), "must be withdrawn or rewritten"),
    ],
)
def test_a_decision_about_older_releases_that_nobody_would_carry_out_is_refused(
    built: Pile, options: tuple[str, ...], said: str
) -> None:
    add(built, "doc_id", GONE)
    refused = built.ask("takedown", "decide", first(built), "granted", "--by", "reviewer", "--yes", *options, exit_code=1)
    assert said in refused["error"]["cause"]


def test_a_purge_that_writes_releases_anew_says_which_is_which(built: Pile) -> None:
    old = built.release
    add(built, "doc_id", GONE)
    decide(built, "granted", "--purge", "--older-releases", "rewritten", id_=first(built))
    done = built.ask("takedown", "purge", "--yes")
    assert (done["releases_withdrawn"], done["releases_rewritten"].keys(), done["proven"]) == ([], {old}, True)
    assert found(built) == []
    new = done["releases_rewritten"][old]
    assert built.ask("takedown", "show", first(built))["releases"] == {old: new}
    assert built.ask("release", "check", str(built.corpus.home / "releases" / new), "--own")["whole"]
    assert new in built.run("takedown", "show", first(built)).output
    listed = {one["id"]: one for one in built.ask("release", "list")}
    assert (listed[old]["files"], listed[new]["files"], listed[new]["replaces"]) == (False, True, old)
    assert built.run("verify").exit_code == 0


# -- what a release says -------------------------------------------------------------------------------------------


def test_a_tombstone_names_request_and_reason_and_nothing_of_the_document(built: Pile) -> None:
    old = built.release
    add(built, "doc_id", GONE)
    built.build()
    assert "withdrawn" not in json.loads((built.corpus.home / "releases" / "latest.json").read_bytes())
    decide(built, "granted", id_=first(built))
    built.build()
    latest = json.loads((built.corpus.home / "releases" / "latest.json").read_bytes())
    (stone,) = latest["withdrawn"]["tombstones"]
    assert (stone["source"], stone["reason"], stone["last_release"]) == ("songs", "wrong_licence", old)
    said = json.dumps(latest["withdrawn"])
    for secret in ("credited", "Miller", "Song of the Mill", "example.org"):
        assert secret not in said
    assert built.run("verify").exit_code == 0


@pytest.mark.parametrize(
    ("kind", "value", "grouped"), [("doc_id", GONE, []), ("url_prefix", "https://example.org/fable-", [15])]
)
def test_personal_data_is_only_counted_and_only_in_groups(built: Pile, kind: str, value: str, grouped: list[int]) -> None:
    asked = ("takedown", "add", kind, value, "--reason", "personal_data", "--role", "data_subject", "--yes")
    built.ask(*asked)
    decide(built, "granted", id_=first(built))
    built.build()
    latest = json.loads((built.corpus.home / "releases" / "latest.json").read_bytes())
    withdrawn = latest.get("withdrawn", {"tombstones": [], "grouped": []})
    assert withdrawn["tombstones"] == []
    assert [group["documents"] for group in withdrawn["grouped"]] == grouped
