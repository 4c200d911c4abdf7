"""Every kind of damage is found, all of it at once, and named with a remedy; a whole store has no problem."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pile_assets.assembly import RELEASE
from pile_assets.inspection.verify import verify
from pile_assets.store import Address, Counts, FileRef, Manifest, Store, rows_digest
from pile_assets_tests.commands import Pile

SHARD = Address.of_domain("books", "shards", "permissive-all")


def found(store: Store) -> list[str]:
    return [f"{problem.check}: {problem.place}: {problem.found}" for problem in verify(store).problems]


def flip_a_byte(path: Path, at: int = -20) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def part_file(store: Store, address: Address) -> Path:
    return store.paths(current(store, address))[0]


def current(store: Store, address: Address) -> Manifest:
    manifest = store.manifest(address)
    assert manifest is not None
    return manifest


def rewrite(store: Store, change: Callable[[pl.DataFrame], pl.DataFrame], *, honest: bool = True) -> None:
    """Write a shard with other rows under a manifest whose files, counts and version are right for them."""
    old = current(store, SHARD)
    rows = change(pl.concat(list(store.parts(old))))
    file = store.write_part(SHARD, rows)
    made_of = rows.group_by("source", "partition").agg(pl.len(), pl.col("bytes").sum()).sort("source", "partition")
    facts: dict[str, Any] = {**old.facts, "made_of": [list(row) for row in made_of.iter_rows()]} if honest else dict(old.facts)
    version = rows_digest(rows.drop("text").iter_rows())
    counts = Counts(rows.height, rows.height)
    store.commit(replace(old, files=(file,), facts=facts, data_version=version, counts=counts))


def test_a_built_store_is_whole(built_once: Pile) -> None:
    verification = verify(built_once.store)
    assert verification.problems == ()
    assert verification.figures["shards"] == 5
    assert verification.figures["rows"] == 21


def test_an_empty_store_is_whole(tmp_path: Path) -> None:
    assert found(Store(tmp_path)) == []


def test_one_changed_byte_of_any_file_is_found(built: Pile) -> None:
    """Every file of every stage in turn; the same bit is flipped back afterwards."""
    store = built.store
    for path in sorted((built.corpus.home / "store").rglob("*.parquet")):
        flip_a_byte(path)
        problems = verify(store).problems
        assert [(problem.check, problem.files) for problem in problems] == [("files", (path,))]
        flip_a_byte(path)
    assert found(store) == []


def test_a_missing_and_a_shortened_file_are_found_at_once(built: Pile) -> None:
    store = built.store
    missing = part_file(store, Address.of_source("fables", "cleaned", "one"))
    shortened = part_file(store, SHARD)
    missing.unlink()
    shortened.write_bytes(shortened.read_bytes()[:-1])
    told = found(store)
    assert len(told) == 2
    assert any("fables / one / cleaned" in line and "is missing" in line for line in told)
    assert any("permissive-all / shards" in line and "instead of" in line for line in told)


def test_an_unreadable_and_a_misplaced_manifest_are_found(built: Pile) -> None:
    store = built.store
    cut = store.folder(Address.of_source("fables", "length", "one")) / "manifest.json"
    cut.write_bytes(cut.read_bytes()[:40])
    other = store.folder(Address.of_source("fables", "pii", "two")) / "manifest.json"
    other.write_bytes((store.folder(Address.of_source("fables", "pii", "one")) / "manifest.json").read_bytes())
    told = [line for line in found(store) if line.startswith("manifests")]
    assert len(told) == 2
    assert any("is damaged" in line for line in told)
    assert any("says it is that of fables / one / pii" in line for line in told)


@pytest.mark.parametrize("column", ["id", "source", "partition", "licence", "url"])
def test_a_row_that_lacks_what_no_row_may_lack_is_found(built: Pile, column: str) -> None:
    rewrite(built.store, lambda rows: rows.with_columns(pl.lit("").alias(column)))
    assert any(line.startswith("rows") and f"have no {column}" in line for line in found(built.store))


def test_a_text_that_is_not_what_its_hash_says_is_found(built: Pile) -> None:
    rewrite(built.store, lambda rows: rows.with_columns(pl.col("text") + "!"))
    assert any("does not have its hash and length" in line for line in found(built.store))


def test_rows_of_another_licence_family_are_found(built: Pile) -> None:
    rewrite(built.store, lambda rows: rows.with_columns(pl.lit("sharealike").alias("family")))
    assert any("are not permissive" in line for line in found(built.store))


def test_a_shard_that_is_not_made_of_what_it_says_is_found(built: Pile) -> None:
    rewrite(built.store, lambda rows: rows.head(3), honest=False)
    assert any("it promises" in line and "and holds" in line for line in found(built.store))


def test_a_row_of_a_document_without_an_accepted_licence_is_found(built: Pile) -> None:
    """The planted fault gets everything right but the licence: the held document is put in the shard as if it were MIT."""
    rewrite(built.store, lambda rows: rows.with_columns(pl.lit("songs:mixed/unclear").alias("id")).head(1))
    assert any(line.startswith("admission") and "songs:mixed/unclear" in line for line in found(built.store))


def test_counts_that_do_not_carry_over_are_found(built: Pile) -> None:
    store = built.store
    address = Address.of_source("songs", "cleaned", "mixed")
    manifest = current(store, address)
    fewer = manifest.counts.given - 1
    store.commit(replace(manifest, counts=Counts(fewer, fewer)))
    told = [line for line in found(store) if line.startswith("conservation")]
    assert any("documents gave 6 documents and cleaned took 5" in line for line in told)
    assert any("cleaned gave 5 documents and signatures took 6" in line for line in told)
    assert any("counts 5 rows and its files hold 6" in line for line in told)


def test_a_release_that_counts_other_documents_than_its_shards_hold_is_found(built: Pile) -> None:
    address = Address("corpus", "release")
    manifest = current(built.store, address)
    more = manifest.counts.given + 1
    built.store.commit(replace(manifest, counts=Counts(more, more)))
    told = [line for line in found(built.store) if line.startswith("conservation")]
    assert [line.partition("it counts ")[2] for line in told] == [f"{more} documents and its shards hold {more - 1}"]


def test_a_pin_to_a_file_that_is_gone_is_found(built: Pile) -> None:
    store = built.store
    address = Address.of_source("fables", "unique", "one")
    manifest = current(store, address)
    lost = vars(FileRef("0" * 32 + ".parquet", "0" * 64, 10, 1))
    store.commit(replace(manifest, facts={**manifest.facts, "pins": {**manifest.facts["pins"], "cleaned": [lost]}}))
    assert any("fables / one / unique" in line and "is missing" in line for line in found(store))


def test_a_release_whose_content_is_not_its_name_is_found(built: Pile) -> None:
    path = built.store.releases / f"{built.release}.json"
    listed = json.loads(path.read_bytes())
    listed["shards"] = listed["shards"][1:]
    path.write_text(json.dumps(listed))
    told = [line for line in found(built.store) if line.startswith("release")]
    assert any("digest it is named by" in line for line in told)
    assert any("latest.json is not a copy" in line for line in told)


def test_a_release_that_lists_other_files_than_the_shards_have_is_found(built: Pile) -> None:
    for path in (built.store.releases / f"{built.release}.json", built.store.releases / "latest.json"):
        listed = json.loads(path.read_bytes())
        listed["shards"][0]["files"][0]["sha256"] = "0" * 64
        path.write_text(json.dumps(listed, sort_keys=True, indent=1, ensure_ascii=False) + "\n")
    assert any("does not list the files of shard" in line for line in found(built.store))


def test_a_missing_release_manifest_is_found(built: Pile) -> None:
    release = built.release
    (built.store.releases / "latest.json").unlink()
    assert found(built.store) == [f"release: release {release}: latest.json is missing"]


def test_a_stage_that_is_only_behind_is_no_damage(built: Pile) -> None:
    """As after a build that was stopped: shards and release are older than the verdicts."""
    store = built.store
    for address in (Address.of_domain("books", "shard_plan"), RELEASE):
        (store.folder(address) / "manifest.json").unlink()
    assert found(store) == []


def test_every_problem_says_what_to_do(built: Pile) -> None:
    flip_a_byte(part_file(built.store, SHARD))
    (problem,) = verify(built.store).problems
    assert problem.as_dict()["remedy"] == "Run `pile build --repair`: what is damaged is made again from its inputs."
