"""Garbage collection removes what nothing refers to, when it has been so long enough, and never anything else."""

import json
from pathlib import Path

import pytest

from pile_assets import chain
from pile_assets.build import build
from pile_assets.errors import StoreDamage
from pile_assets.release import history
from pile_assets.retention.collect import Collected, collect
from pile_assets.retention.references import survey
from pile_assets.store import Address
from pile_assets_tests.commands import Pile, varied
from pile_assets_tests.deployments import document

HOUR = 3600.0


def collected(pile: Pile, now: float, *, grace: float = HOUR, keep: int = 1, remove: bool = True) -> Collected:
    return collect(pile.store, now=now, grace_seconds=grace, keep_releases=keep, remove=remove)


def every_file(pile: Pile) -> set[Path]:
    """Every file but those in the directories of releases, which go with the release."""
    found = {path for path in pile.corpus.home.rglob("*") if path.is_file() and "lock" not in path.name}
    return {path for path in found if path.parent == pile.store.releases or pile.store.releases not in path.parents}


def change(pile: Pile, number: int) -> None:
    """Another version of one document, built."""
    pile.corpus.publish("fables", "two", [document(f"fable-two-{number}-{i}") for i in range(5)])
    pile.build()


@pytest.fixture
def changed(fresh: Pile) -> Pile:
    """A corpus whose every stage has an older version of one partition."""
    fresh.build()
    change(fresh, 1)
    return fresh


def is_as_built(pile: Pile) -> bool:
    return pile.run("verify").exit_code == 0 and set(pile.build()["materialized"].values()) == {0}


def test_what_was_replaced_waits_for_its_grace_period_and_goes(changed: Pile) -> None:
    before = every_file(changed)
    first = collected(changed, 1000.0)
    assert (first.removed, first.next_at) == ({}, 1000.0 + HOUR)
    assert collected(changed, 1000.0 + HOUR - 1).removed == {}
    gone = collected(changed, 1000.0 + HOUR)
    assert gone.removed["part file"].files >= 10
    assert gone.removed["finished step"].files >= 10
    assert gone.waiting.files == 0
    lost = before - every_file(changed)
    assert len(lost) == sum(amount.files for amount in gone.removed.values())
    assert is_as_built(changed)


def test_a_dry_run_touches_nothing_and_tells_the_same(changed: Pile) -> None:
    before = every_file(changed)
    told = collected(changed, 1000.0, grace=0, remove=False)
    assert every_file(changed) == before
    done = collected(changed, 1000.0, grace=0)
    assert (done.removed, done.let_go) == (told.removed, told.let_go)


def test_after_a_collection_nothing_is_left_over_and_every_current_byte_is_there(changed: Pile) -> None:
    shards = changed.shard_files()
    collected(changed, 0.0, grace=0)
    assert survey(changed.store, history.kept(history.read(changed.store), 1)).leftover == ()
    assert changed.shard_files() == shards
    assert is_as_built(changed)


def test_the_last_releases_keep_their_files_and_older_ones_their_digests(changed: Pile) -> None:
    change(changed, 2)
    assert collected(changed, 0.0, grace=0, keep=3).let_go == []
    oldest, *newer = [release.id for release in history.read(changed.store)]
    done = collected(changed, 0.0, grace=0, keep=2)
    assert done.let_go == [oldest]
    files = {path.name for path in changed.corpus.home.glob("store/domains/*/shards/*/*.parquet")}
    for release in newer:
        listed = json.loads((changed.store.releases / f"{release}.json").read_bytes())
        assert {file["name"] for shard in listed["shards"] for file in shard["files"]} <= files
    assert (changed.store.releases / f"{oldest}.json").exists()
    assert changed.run("verify").exit_code == 0


def test_what_a_rehearsal_did_stays_for_the_build_after_it(changed: Pile) -> None:
    changed.corpus.publish("fables", "three", [document("new")])
    changed.ask("plan")
    collected(changed, 0.0)
    built = changed.build()
    assert built["materialized"]["documents"] == 1
    assert {built["worked"][stage] for stage in ("raw", "documents", "cleaned", "signatures", "eligible", "shards")} == {0}


def test_files_that_only_a_pin_refers_to_stay(changed: Pile) -> None:
    """A chain that stopped half way: `documents` is newer than the verdicts, which pin the older one."""
    changed.corpus.publish("fables", "two", [document("another")])
    session = changed.corpus.deployment.open()
    session.discover("fables")
    entry = session.catalogues["fables"]["two"]
    request = chain.Request(stages=("raw", "documents"))
    chain.run_partition(session.view, session.vault, session.chains["fables"], "two", entry, lambda outcome: None, request)
    collected(changed, 0.0, grace=0)
    assert changed.run("verify").exit_code == 0
    unique = changed.store.manifest(Address.of_source("fables", "unique", "two"))
    assert unique
    pinned = {pin["name"] for pin in unique.facts["pins"]["documents"]}
    current = changed.store.manifest(Address.of_source("fables", "documents", "two"))
    assert current
    assert pinned.isdisjoint(file.name for file in current.files)


def test_a_collection_killed_between_two_removals_leaves_a_whole_store(changed: Pile, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink
    rounds = 0
    while True:
        allowed = 3

        def limited(path: Path, missing_ok: bool = False) -> None:
            nonlocal allowed
            if path.suffix in (".parquet", ".json"):
                if allowed == 0:
                    raise KeyboardInterrupt
                allowed -= 1
            unlink(path, missing_ok=missing_ok)

        monkeypatch.setattr(Path, "unlink", limited)
        try:
            collected(changed, 0.0, grace=0)
            break
        except KeyboardInterrupt:
            rounds += 1
            monkeypatch.setattr(Path, "unlink", unlink)
            assert changed.run("verify").exit_code == 0
    assert rounds >= 5
    assert survey(changed.store, history.kept(history.read(changed.store), 1)).leftover == ()
    assert is_as_built(changed)


def test_nothing_is_collected_where_a_manifest_cannot_be_read(changed: Pile) -> None:
    (changed.store.folder(Address.of_source("fables", "raw", "one")) / "manifest.json").write_text("{")
    before = every_file(changed)
    with pytest.raises(StoreDamage, match="is damaged"):
        collected(changed, 0.0, grace=0)
    assert every_file(changed) == before


def test_files_of_others_are_not_its_business(changed: Pile) -> None:
    foreign = changed.store.folder(Address.of_source("fables", "raw", "one")) / "notes.txt"
    foreign.write_text("mine")
    collected(changed, 0.0, grace=0)
    assert foreign.exists()


def test_the_command_is_dry_unless_told_otherwise_and_waits_by_its_setting(changed: Pile) -> None:
    assert changed.ask("gc")["waiting"]["files"] >= 20
    told = changed.ask("gc", "--grace-hours", "0")
    assert (told["done"], told["removed"]["part file"]["files"] >= 10) == (False, True)
    assert "Nothing was touched" in changed.run("gc").stdout
    assert changed.ask("gc", "--remove", "--grace-hours", "0")["removed"] == told["removed"]
    assert changed.run("gc").stdout == "Nothing is left over.\n"
    assert changed.run("verify").exit_code == 0


def test_the_command_refuses_beside_a_build(built: Pile) -> None:
    with built.store.lock("pile build", exclusive=True):
        refused = built.ask("gc", "--remove", exit_code=1)
    assert "in use by pile build" in refused["error"]["cause"]


def test_a_build_with_a_store_from_before_collections_is_collected_too(tmp_path: Path) -> None:
    """A store that never recorded its releases: the files of the latest are current, whatever the order of the others."""
    pile = Pile(varied(tmp_path))
    build(pile.corpus.deployment.open())
    (pile.corpus.home / "state" / "releases.json").unlink()
    change(pile, 1)
    assert collected(pile, 0.0, grace=0, keep=1).let_go
    assert is_as_built(pile)
