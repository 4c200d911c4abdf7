"""What is damaged is made again from its inputs, byte for byte, and nothing else is touched."""

from pathlib import Path

import pytest

from pile_assets.store import Address
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document

CHAIN = ["raw", "documents", "length", "language", "gopher_quality", "gopher_repetition", "code_quality", "pii"]
STAGES = [*(Address.of_source("fables", stage, "one") for stage in (*CHAIN, "cleaned", "signatures", "eligible", "unique"))]
SHARD = Address.of_domain("books", "shards", "permissive-all")


def every_file(pile: Pile) -> dict[str, bytes]:
    root = pile.corpus.home / "store"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def first_file(pile: Pile, address: Address) -> Path:
    manifest = pile.store.manifest(address)
    assert manifest
    return pile.store.paths(manifest)[0]


@pytest.mark.parametrize("address", [*STAGES, SHARD], ids=lambda address: address.stage)
def test_a_damaged_file_of_any_stage_is_made_again(built: Pile, address: Address) -> None:
    before = every_file(built)
    path = first_file(built, address)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert built.run("verify").exit_code == 1
    repaired = built.build("--repair")
    assert repaired["touched"][address.stage] == [f"{address.name}/{address.partition}"]
    assert every_file(built) == before
    assert built.run("verify").exit_code == 0


def test_a_damaged_part_file_is_made_again_under_the_name_it_has_in_the_release_too(tmp_path: Path) -> None:
    """Both names are of one file, which keeps its size, so that nothing but its bytes tells."""
    corpus = Corpus(tmp_path)
    corpus.publish("fables", "one", [document(f"fable-{number}") for number in range(3)])
    pile = Pile(corpus)
    pile.build()
    path = first_file(pile, Address.of_domain("books", "shards", next(iter(pile.store.partitions("domains/books", "shards")))))
    assert path.stat().st_nlink == 2
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert pile.run("release", "check", "--own").exit_code == 1
    pile.build("--repair")
    assert pile.run("release", "check", "--own").exit_code == 0


def test_an_unreadable_manifest_and_a_missing_file_are_repaired_together(built: Pile) -> None:
    before = every_file(built)
    (built.store.folder(STAGES[2]) / "manifest.json").write_text("{")
    first_file(built, SHARD).unlink()
    built.build("--repair")
    assert every_file(built) == before


def test_without_damage_a_repair_does_nothing(built: Pile) -> None:
    repaired = built.build("--repair")
    assert repaired["touched"] == {}
    assert repaired["not_repaired"] == []


def test_damage_of_a_source_that_does_not_run_is_left_and_named(built: Pile) -> None:
    """Its chain cannot be walked, so taking the damaged version away would only lose the rest of it."""
    built.ask("sources", "disable", "fables")
    built.build()
    path = first_file(built, STAGES[1])
    path.write_bytes(b"damaged")
    repaired = built.build("--repair", exit_code=3)
    assert [problem["place"] for problem in repaired["not_repaired"]] == ["fables / one / documents"]
    assert path.read_bytes() == b"damaged"


def test_a_damaged_version_that_returns_is_not_taken_up_again(built: Pile) -> None:
    """Published, changed, damaged in its old version, changed back: the old version is made again."""
    before = every_file(built)
    published = built.corpus.folder("songs") / "plain.jsonl"
    old = first_file(built, Address.of_source("songs", "cleaned", "plain"))
    original = published.read_bytes()
    try:
        published.write_bytes(original.replace(b"song-0", b"song-9"))
        built.build()
        old.write_bytes(old.read_bytes()[:-1] + b"?")
        assert built.run("verify").exit_code == 0, "nothing refers to the old version now"
    finally:
        published.write_bytes(original)
    built.build()
    assert built.run("verify").exit_code == 0
    assert before.items() <= every_file(built).items()
