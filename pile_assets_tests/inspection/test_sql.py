"""The store's tables can be asked anything and can do nothing but answer."""

from pathlib import Path

import pytest

from pile_assets.errors import PileError
from pile_assets.inspection.find import find
from pile_assets.inspection.sql import Tables
from pile_assets.store import Store
from pile_assets_tests.commands import Pile

FILTERS = ["code_quality", "gopher_quality", "gopher_repetition", "language", "length", "pii"]
STAGES = ["cleaned", "documents", "eligible", "raw", "shards", "signatures", "suppressions", "unique", "upstream"]


def ask(pile: Pile, query: str) -> list[tuple[object, ...]]:
    with Tables(pile.store) as tables:
        return list(tables.ask(query).rows)


def test_there_is_a_view_per_stage_and_filter(built_once: Pile) -> None:
    assert [name for (name,) in ask(built_once, "SHOW TABLES")] == [*(f"attributes_{name}" for name in FILTERS), *STAGES]


def test_every_view_says_where_its_rows_are_from(built_once: Pile) -> None:
    for view in ("raw", "documents", "cleaned", "signatures", "eligible", "unique", "attributes_pii"):
        found = ask(built_once, f'select source, partition, count(*) from "{view}" group by all order by all')
        documents = [1, 1, 1, 1, 1] if view == "raw" else [5, 5, 5, 6, 4]
        places = [("fables", "one"), ("fables", "three"), ("fables", "two"), ("songs", "mixed"), ("songs", "plain")]
        assert found == [(*place, count) for place, count in zip(places, documents, strict=True)]


def test_the_rows_of_shards_carry_domain_and_shard(built_once: Pile) -> None:
    found = ask(built_once, "select domain, count(distinct shard), count(*) from shards group by domain")
    assert found == [("books", 5, 21)]


def test_the_catalogue_can_be_asked(built_once: Pile) -> None:
    assert ask(built_once, "select count(*), bool_and(present) from upstream where length(version) = 64") == [(5, True)]


def test_stages_can_be_joined(built_once: Pile) -> None:
    query = 'select d.id from documents d join "unique" u using (id) where u.verdict = $$exact_dup$$'
    assert ask(built_once, query) == [("songs:mixed/copy",)]


def test_an_empty_store_has_empty_views_with_columns(tmp_path: Path) -> None:
    with Tables(Store(tmp_path)) as tables:
        for view in STAGES:
            assert list(tables.ask(f'select * from "{view}"').rows) == []
        assert "source" in tables.ask("select * from eligible").columns


def test_a_home_with_a_quote_in_its_name_can_be_asked(built_once: Pile, tmp_path: Path) -> None:
    home = tmp_path / "the miller's home"
    home.symlink_to(built_once.corpus.home)
    with Tables(Store(home)) as tables:
        assert list(tables.ask("select count(*) from shards").rows) == [(21,)]


@pytest.mark.parametrize(
    "statement",
    [
        "create table x as select 1",
        "insert into upstream select * from upstream",
        "drop view documents",
        "copy (select 1) to '{home}/store/planted.csv'",
        "explain analyze copy (select 1) to '{home}/store/planted.csv'",
        "copy (pivot upstream on source using count(*)) to '{home}/store/planted.csv'",
        "attach '{home}/store/planted.db'",
        "export database '{home}/store/planted'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "pragma enable_external_access",
        "select 1; select 2",
        "",
    ],
)
def test_nothing_but_one_query_is_run(built_once: Pile, statement: str) -> None:
    with pytest.raises(PileError):
        ask(built_once, statement.format(home=built_once.corpus.home))
    assert not list((built_once.corpus.home / "store").glob("planted*"))


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_text('{outside}')",
        "select * from read_csv('{outside}')",
        "select * from glob('{folder}/*')",
        "select * from read_text('{home}/store/../state/seniority.json')",
        "select * from 'https://127.0.0.1:1/x.parquet'",
        "select * from planted",
    ],
)
def test_a_query_reaches_nothing_outside_the_store(built_once: Pile, tmp_path: Path, query: str) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("a,b\n1,2\n")
    planted = [1]  # a table name must not reach a variable of Python either
    with pytest.raises(PileError):
        ask(built_once, query.format(outside=outside, folder=tmp_path, home=built_once.corpus.home))
    assert planted


def test_an_error_names_the_tables(built_once: Pile) -> None:
    with pytest.raises(PileError) as raised:
        ask(built_once, "select * from docments")
    assert "documents" in raised.value.remedy


@pytest.mark.parametrize("text", ["SONG OF THE mill", "the miller", "mixed/CREDITED", "example.org/credited"])
def test_documents_are_found_by_title_author_id_and_url_in_any_case(built_once: Pile, text: str) -> None:
    with Tables(built_once.store) as tables:
        found, total = find(tables, text)
    assert ([document.id for document in found], total) == (["songs:mixed/credited"], 1)
    assert (found[0].licence, found[0].verdict) == ("MIT", "kept")


def test_what_is_not_there_is_not_found_and_signs_are_taken_literally(built_once: Pile) -> None:
    with Tables(built_once.store) as tables:
        assert find(tables, "%") == ([], 0)
        assert find(tables, "' or 1=1 --") == ([], 0)


def test_the_number_of_matches_is_told_beyond_the_limit(built_once: Pile) -> None:
    with Tables(built_once.store) as tables:
        found, total = find(tables, "fable-", limit=4)
    assert [document.id for document in found] == sorted(document.id for document in found)
    assert (len(found), total) == (4, 15)
