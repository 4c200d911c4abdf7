"""The short form of `make random-ops`: a few operations, a few kills, some of the points between two writes."""

import shutil
from pathlib import Path

import pytest

from pile_assets.store import Store
from pile_assets_tests.random_ops import killing
from pile_assets_tests.random_ops.operations import script
from pile_assets_tests.random_ops.playing import TEXTS, Game, current, judged, unlike

SEED, COUNT = 5, 24


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playing sets it; nothing of it may be left for other tests."""
    monkeypatch.setenv("PILE_TAKEDOWN_KEY", "")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Game:
    game = Game(tmp_path_factory.mktemp("undisturbed"), script(SEED, COUNT, TEXTS))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PILE_TAKEDOWN_KEY", "")
        game.play()
    return game


def test_a_corpus_after_operations_in_random_order_is_what_a_rebuild_makes(played: Game) -> None:
    problems, again = judged(played.corpus)
    assert problems == []
    assert again.manifests > 40


def test_a_script_killed_at_random_moments_ends_in_the_same_bytes(tmp_path: Path) -> None:
    """In one place, since where files are published is part of what raw is made from."""
    root, count = tmp_path / "corpus", 8
    root.mkdir()
    Game(root, script(SEED, count, TEXTS)).play()
    whole = current(root / "home")
    shutil.rmtree(root)
    root.mkdir()
    assert killing.kill_at_random(Game(root, ()), SEED, count, 3, lambda line: None) >= 2
    assert unlike(whole, current(root / "home")) == []


def test_an_operation_killed_between_two_writes_ends_in_the_same_bytes(tmp_path: Path) -> None:
    """Each kind of operation, somewhere in the middle of its writes."""
    game = Game(tmp_path / "corpus", killing.every_kind())
    game.root.mkdir()
    outcomes = list(killing.kill_at_every_write(game, killing.BEGINNING, 64, lambda line: None))
    assert {operation.kind for operation, _, _ in outcomes} == {operation.kind for operation in killing.every_kind()}
    assert [outcome for outcome in outcomes if outcome[2]] == []


def test_what_is_compared_would_show_a_lost_byte(played: Game, tmp_path: Path) -> None:
    """A comparison that looks past a difference proves nothing."""
    home = tmp_path / "home"
    shutil.copytree(played.root / "home", home)
    whole = current(home)
    store = Store(home)
    found = ((address, store.manifest(address)) for address in store.addresses() if address.stage == "shards")
    address, path = next((address, store.paths(manifest)[0]) for address, manifest in found if manifest and manifest.files)
    path.write_bytes(b"?")
    assert unlike(whole, current(home)) == [f"damage of {address}"]
    (home / "state" / "seniority.json").write_text("{}")
    assert "state/seniority.json" in unlike(whole, current(home))


def test_a_script_is_the_same_for_the_same_seed_and_has_every_kind() -> None:
    assert script(1, 200, TEXTS) == script(1, 200, TEXTS) != script(2, 200, TEXTS)
    kinds = {operation.kind for operation in script(1, 200, TEXTS)}
    assert kinds == {"publish", "withdraw", "take down", "undo", "policy", "switch", "purge", "collect"}
