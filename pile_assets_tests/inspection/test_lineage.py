"""Lineage is true: a shard's partitions are those of its rows, and every station of a document is the one it went through."""

from dataclasses import replace

import polars as pl
import pytest

from pile_assets.errors import PileError, StoreDamage
from pile_assets.inspection import lineage
from pile_assets.inspection.sql import Tables
from pile_assets.store import Address
from pile_assets_tests.commands import Pile, varied
from pile_assets_tests.deployments import document, prose, with_changed_word
from pile_assets_tests.withdrawal import requests


def of_document(pile: Pile, identifier: str) -> lineage.DocumentLineage:
    with Tables(pile.store) as tables:
        return lineage.document(pile.store, tables, identifier)


def test_the_partitions_of_every_shard_are_those_of_its_rows(built_once: Pile) -> None:
    store = built_once.store
    names = lineage.shards(store)
    assert len(names) == 5
    for name, manifest in names.items():
        rows = pl.concat([pl.read_parquet(path) for path in store.paths(manifest)])
        counted = {(s, p): n for s, p, n in rows.group_by("source", "partition").len().iter_rows()}
        shard = lineage.shard(store, name)
        assert {(part.source, part.partition): part.documents for part in shard.partitions} == counted
        assert shard.rows == rows.height
        assert shard.bytes == sum(part.bytes for part in shard.partitions)


def test_the_versions_of_a_shards_partitions_are_those_of_their_stages(built_once: Pile) -> None:
    store = built_once.store
    catalogue = built_once.corpus.deployment.open(rehearse=True).state.catalogue
    for name in lineage.shards(store):
        shard = lineage.shard(store, name)
        assert shard.current
        for part in shard.partitions:
            documents = store.manifest(Address.of_source(part.source, "documents", part.partition))
            unique = store.manifest(Address.of_source(part.source, "unique", part.partition))
            assert documents
            assert unique
            assert part.upstream == catalogue(part.source)[part.partition].version
            assert (part.documents_version, part.unique_version) == (documents.data_version, unique.data_version)


def test_a_shard_that_is_behind_says_so_and_claims_no_versions(built: Pile) -> None:
    store = built.store
    plan = store.manifest(Address.of_domain("books", "shard_plan"))
    assert plan
    shards = {**plan.facts["shards"], "permissive-all": plan.facts["shards"]["permissive-all"][:1]}
    store.commit(replace(plan, facts={**plan.facts, "shards": shards}))
    shard = lineage.shard(store, "books/permissive-all")
    assert not shard.current
    assert {(part.upstream, part.unique_version) for part in shard.partitions} == {(None, None)}


def test_a_shard_whose_manifest_lies_is_damage(built: Pile) -> None:
    store = built.store
    manifest = lineage.shards(store)["books/permissive-all"]
    made_of = [["songs", "plain", 99, 1], *manifest.facts["made_of"][1:]]
    store.commit(replace(manifest, facts={**manifest.facts, "made_of": made_of}))
    with pytest.raises(StoreDamage, match="does not hold the documents its manifest promises"):
        lineage.shard(store, "books/permissive-all")


@pytest.mark.parametrize("wrong", ["permissive-all", "book/permissive-all", "books/permissive-al"])
def test_a_wrong_shard_name_suggests_the_right_one(built_once: Pile, wrong: str) -> None:
    with pytest.raises(PileError) as raised:
        lineage.shard(built_once.store, wrong)
    assert "books/permissive-all" in raised.value.remedy


def test_a_kept_document_is_followed_from_its_raw_file_to_its_row(built_once: Pile) -> None:
    found = of_document(built_once, "songs:mixed/credited")
    assert found.current
    assert found.raw["path"] == "mixed.jsonl"
    assert found.raw["upstream"] == found.raw["sha256"]  # what this connector calls a version
    assert (found.licence["licence"], found.licence["accepted"], found.licence["reason"]) == ("MIT", True, None)
    assert [claim["raw"] for claim in found.licence["evidence"]] == ["MIT"]
    assert set(found.filters) == {"length", "language", "gopher_quality", "gopher_repetition", "code_quality", "pii"}
    assert found.filters["length"]["bytes"] == found.text["bytes"]
    assert found.policy == {"kept": True, "reason": None, "rule": None, "quality": found.policy and found.policy["quality"]}
    assert found.duplicate
    assert found.duplicate["verdict"] == "kept"
    assert found.shard
    rows = pl.read_parquet(built_once.corpus.home / found.shard["file"])
    assert rows["id"][found.shard["row"]] == "songs:mixed/credited"
    assert found.shard["shard"] == "books/permissive-all"


def test_a_duplicate_and_its_canonical_name_one_another(built_once: Pile) -> None:
    copied = of_document(built_once, "songs:mixed/copy")
    assert copied.shard is None
    assert copied.duplicate
    assert (copied.duplicate["verdict"], copied.duplicate["dup_of"]) == ("exact_dup", "fables:one/fable-one-0")
    assert (copied.duplicate["dup_of_source"], copied.duplicate["dup_of_partition"]) == ("fables", "one")
    (dropped,) = of_document(built_once, "fables:one/fable-one-0").duplicates
    assert (dropped["id"], dropped["source"], dropped["partition"]) == ("songs:mixed/copy", "songs", "mixed")


def test_a_held_document_tells_why_and_is_in_no_shard(built_once: Pile) -> None:
    found = of_document(built_once, "songs:mixed/unclear")
    assert found.licence["accepted"] is False
    assert "ask the author" in found.licence["reason"]
    assert found.policy
    assert (found.policy["kept"], found.policy["reason"]) == (False, "licence-held")
    assert found.shard is None


def test_a_dropped_document_names_the_rule(built_once: Pile) -> None:
    found = of_document(built_once, "songs:mixed/short")
    assert found.policy
    assert found.policy["reason"] == "too-short"
    assert found.policy["rule"]


def test_a_document_of_a_withdrawn_partition_is_found_and_in_no_shard(fresh: Pile) -> None:
    fresh.corpus.publish("songs", "old", [document("moved")])
    fresh.build()
    assert of_document(fresh, "songs:old/moved").shard
    fresh.corpus.withdraw("songs", "old")
    fresh.build()
    gone = of_document(fresh, "songs:old/moved")
    assert (gone.duplicate, gone.policy, gone.shard) == (None, None, None)
    assert gone.licence["accepted"]
    assert gone.standing == "withdrawn"
    assert "withdrew the partition songs/old" in gone.because


@pytest.mark.parametrize(
    ("identifier", "standing", "because"),
    [
        ("songs:mixed/credited", "kept", "It is in the corpus, among the permissive documents."),
        ("songs:mixed/copy", "exact_dup", "Its text is that of fables:one/fable-one-0, which is kept in fables/one."),
        ("songs:mixed/short", "dropped", "The policy dropped it: too-short."),
        ("songs:mixed/unclear", "dropped", "The policy dropped it: licence-held."),
    ],
)
def test_what_became_of_a_document_is_said_in_words(built_once: Pile, identifier: str, standing: str, because: str) -> None:
    found = of_document(built_once, identifier)
    assert (found.standing, found.because) == (standing, because)


def test_a_near_duplicate_says_how_much_agrees_with_which_document(fresh: Pile) -> None:
    fresh.corpus.publish("songs", "near", [document("alike", with_changed_word(prose("fable-two-3")))])
    fresh.build()
    found = of_document(fresh, "songs:near/alike")
    assert found.standing == "near_dup"
    assert found.duplicate
    assert (
        f"It resembles fables:two/fable-two-3, which is kept in fables/two: {found.duplicate['agreement']} of 112"
        in found.because
    )
    (dropped,) = of_document(fresh, "fables:two/fable-two-3").duplicates
    assert (dropped["id"], dropped["agreement"]) == ("songs:near/alike", found.duplicate["agreement"])


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Pile:
    """The corpus of `varied`, and one document of it 137 times more in two sources: exactly, and with a word replaced."""
    pile = Pile(varied(tmp_path_factory.mktemp("crowded")))
    text = prose("fable-two-3")
    pile.corpus.publish("songs", "many", [document(f"same-{i:03}", text) for i in range(120)])
    near = [document(f"near-{i}", with_changed_word(text, 10 + i)) for i in range(17)]
    pile.corpus.publish("fables", "variants", near)
    pile.build()
    return pile


CROWD = "fables:two/fable-two-3"


def test_a_document_that_stands_for_many_lists_some_of_them_and_counts_all(crowded: Pile) -> None:
    found = of_document(crowded, CROWD)
    assert found.duplicates_by_source == {"songs": 120, "fables": 17}
    assert len(found.duplicates) == lineage.LIMIT
    assert [row["id"] for row in found.duplicates] == sorted(row["id"] for row in found.duplicates)
    assert found.duplicates[0]["id"] == "fables:variants/near-0"
    told = crowded.ask("lineage", CROWD, "--limit", "3")
    assert [row["id"] for row in told["duplicates"]] == [f"fables:variants/near-{i}" for i in (0, 1, 10)]
    assert told["duplicates_by_source"] == {"songs": 120, "fables": 17}
    assert len(crowded.ask("lineage", CROWD, "--limit", "1000")["duplicates"]) == 137


def test_a_cut_list_says_how_much_was_left_out_and_a_whole_one_does_not(crowded: Pile) -> None:
    shown = crowded.run("lineage", CROWD, "--limit", "2").stdout
    assert "There are 137 of them (songs 120, fables 17); the first 2 are listed, --limit 137 lists all." in shown
    assert sum("near_dup" in line for line in shown.splitlines()) == 2
    assert "are listed" not in crowded.run("lineage", CROWD, "--limit", "137").stdout
    assert "are listed" not in crowded.run("lineage", "songs:mixed/copy").stdout


def test_every_document_that_is_not_kept_says_why_and_both_sides_of_a_duplicate_agree(crowded: Pile) -> None:
    """Over the whole corpus: reason and rule, or the canonical document with its place and agreement; and back again."""
    names = [row["id"] for row in crowded.ask("sql", "select id from \"unique\" where verdict <> 'kept' order by id")]
    assert len(names) == 141
    listed: dict[str, set[tuple[str, str, int | None]]] = {}
    with Tables(crowded.store) as tables:
        for name in names:
            found = lineage.document(crowded.store, tables, name)
            assert found.duplicate, name
            assert found.shard is None
            assert found.duplicates == ()
            if found.standing == "dropped":
                assert found.policy, name
                assert found.policy["reason"], name
                assert found.policy["rule"], name
                assert found.policy["reason"] in found.because
                continue
            canonical, agreement = found.duplicate["dup_of"], found.duplicate["agreement"]
            place = f"{found.duplicate['dup_of_source']}/{found.duplicate['dup_of_partition']}"
            assert f"{canonical}, which is kept in {place}" in found.because
            assert (agreement is None) == (found.standing == "exact_dup"), name
            assert agreement is None or 79 <= agreement <= 112
            listed.setdefault(canonical, set()).add((name, found.standing, agreement))
        for canonical, dropped in listed.items():
            found = lineage.document(crowded.store, tables, canonical, 1000)
            assert found.standing == "kept"
            assert found.shard
            assert {(row["id"], row["verdict"], row["agreement"]) for row in found.duplicates} == dropped
            assert sum(found.duplicates_by_source.values()) == len(dropped)


def test_a_document_that_was_taken_down_names_the_request(fresh: Pile) -> None:
    requests.add(fresh.corpus, requests.request(1, "doc_id", "songs:plain/song-1"))
    fresh.build()
    found = of_document(fresh, "songs:plain/song-1")
    assert (found.standing, found.because) == ("taken-down", "It is kept out by TD-2026-0001 of the ledger.")
    assert found.shard is None


def test_a_document_of_a_source_that_is_switched_off_says_so(built: Pile) -> None:
    built.ask("sources", "disable", "songs")
    built.build()
    found = of_document(built, "songs:plain/song-1")
    assert found.standing == "source-absent"
    assert "pile sources show songs" in found.because


def test_an_unknown_document_suggests_those_most_like_it(built_once: Pile) -> None:
    with pytest.raises(PileError) as raised:
        of_document(built_once, "songs:mixed/credted")
    assert raised.value.remedy.startswith("Is it one of these: songs:mixed/credited")
