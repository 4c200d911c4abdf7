"""Each promise of a withdrawal that is broken behind its back is found by `verify`."""

import hashlib
import json
from dataclasses import replace

import polars as pl
import pytest

from pile_assets.inspection.verify import verify
from pile_assets.store import Address, Manifest
from pile_assets.withdrawal.vault import Vault
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import prose
from pile_assets_tests.inspection.test_verify import rewrite
from pile_assets_tests.withdrawal.requests import add, request

GONE = "songs:mixed/credited"
SUPPRESSIONS = Address.of_source("songs", "suppressions", "mixed")
ELIGIBLE = Address.of_source("songs", "eligible", "mixed")


@pytest.fixture
def withdrawn(built: Pile) -> Pile:
    add(built.corpus, request(1, "doc_id", GONE))
    built.build()
    return built


def found(pile: Pile) -> list[str]:
    return [problem.found for problem in verify(pile.store).problems if problem.check == "withdrawn"]


def manifest(pile: Pile, address: Address) -> Manifest:
    made = pile.store.manifest(address)
    assert made is not None
    return made


def test_a_corpus_without_what_was_withdrawn_is_whole(withdrawn: Pile) -> None:
    assert verify(withdrawn.store).problems == ()


def test_a_store_that_is_behind_its_ledger_is_not_damaged(withdrawn: Pile) -> None:
    add(withdrawn.corpus, request(2, "doc_id", "songs:plain/song-1"))
    assert found(withdrawn) == []


def test_a_withdrawn_row_in_a_shard_is_found(withdrawn: Pile) -> None:
    def renamed(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.with_columns(pl.when(pl.col("id") == rows["id"][0]).then(pl.lit(GONE)).otherwise("id").alias("id"))

    rewrite(withdrawn.store, renamed)
    assert f"{GONE} is withdrawn" in found(withdrawn)


def test_its_text_under_another_name_in_a_shard_is_found(withdrawn: Pile) -> None:
    sha256 = hashlib.sha256(prose("credited").encode()).hexdigest()
    rewrite(withdrawn.store, lambda rows: rows.with_columns(pl.lit(sha256).alias("text_sha256")))
    assert any("has the text of a withdrawn document" in said for said in found(withdrawn))


def test_a_suppression_that_is_gone_is_found(withdrawn: Pile) -> None:
    made = manifest(withdrawn, SUPPRESSIONS)
    withdrawn.store.commit(replace(made, files=(), data_version="0" * 32, counts=type(made.counts)()))
    assert f"{GONE} is withdrawn and not suppressed" in found(withdrawn)


def test_a_suppressed_document_that_is_eligible_is_found(withdrawn: Pile) -> None:
    made = manifest(withdrawn, ELIGIBLE)
    (rows,) = withdrawn.store.parts(made)
    changed = rows.with_columns((pl.col("kept") | (pl.col("id") == GONE)).alias("kept"))
    withdrawn.store.commit(replace(made, files=(withdrawn.store.write_part(ELIGIBLE, changed),)))
    assert f"{GONE} is withdrawn and eligible" in found(withdrawn)


def test_a_line_taken_from_the_ledger_is_found(withdrawn: Pile) -> None:
    Vault(withdrawn.store).path.write_text("")
    assert any("it was removed" in said for said in found(withdrawn))


def test_a_key_that_is_gone_is_found(withdrawn: Pile) -> None:
    (Vault(withdrawn.store).folder / "key").unlink()
    assert any("was not written with this key" in said for said in found(withdrawn))


def test_what_was_purged_and_is_back_is_found(withdrawn: Pile) -> None:
    (line,) = Vault(withdrawn.store).sealed()
    granted = json.loads(line.line)
    granted["decision"] = {"state": "granted", "on": "2026-11-21", "by": "reviewer", "purge": True}
    granted["effect"]["older_releases"] = "withdrawn"
    path = Vault(withdrawn.store).path
    path.write_text(path.read_text() + json.dumps(granted) + "\n")
    withdrawn.build()
    Vault(withdrawn.store).note({"TD-2026-0001": {"purged": None}})
    assert f"{GONE} was removed and is in the store again" in found(withdrawn)
