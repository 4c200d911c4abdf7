"""The store publishes whole files or nothing, keeps content addresses honest, and locks out a second build."""

import multiprocessing
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets import parts
from pile_assets.errors import Busy, PileError, StoreDamage
from pile_assets.store import Address, Counts, FileRef, Manifest, Store, digest, rows_digest
from pile_assets.view import View

ADDRESS = Address.of_source("fables", "documents", "volume-1")


def a_manifest(store: Store, texts: list[str], key: str = "k1", address: Address = ADDRESS) -> Manifest:
    file = store.write_part(address, pl.DataFrame({"id": texts, "text": texts}))
    return Manifest(address, key, "1", {"raw": "r"}, digest(texts), counts=Counts(len(texts), len(texts)), files=(file,))


def test_a_manifest_survives_being_written_and_read(tmp_path: Path) -> None:
    store = Store(tmp_path)
    manifest = a_manifest(store, ["a", "b"])
    store.commit(manifest)
    assert store.manifest(ADDRESS) == manifest
    assert store.addresses() == [ADDRESS]


def test_the_same_frame_written_in_pieces_or_whole_gets_the_same_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    whole = pl.DataFrame({"id": ["a", "b"], "text": ["x", "y"]})
    pieces = pl.concat([whole[:1], whole[1:]], rechunk=False)
    assert store.write_part(ADDRESS, whole) == store.write_part(ADDRESS, pieces)
    assert len(list(store.folder(ADDRESS).iterdir())) == 1


def test_counts_that_do_not_conserve_are_refused() -> None:
    with pytest.raises(ValueError, match="conserve"):
        Counts(taken=3, given=1, dropped={"short": 1})


@given(st.lists(st.tuples(st.text(), st.integers()), max_size=20), st.randoms())
def test_a_data_version_does_not_depend_on_the_order_of_rows(rows, random) -> None:
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert rows_digest(rows) == rows_digest(shuffled)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=10, unique=True))
def test_a_data_version_changes_with_any_row(rows) -> None:
    assert rows_digest([[row] for row in rows]) != rows_digest([[row] for row in rows[1:]])


def test_a_failed_write_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write_part(ADDRESS, pl.DataFrame({"id": ["a"]}))
    assert list(store.folder(ADDRESS).iterdir()) == []


def test_damage_is_named_file_by_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    manifest = a_manifest(store, ["a", "b"])
    assert store.damage(manifest) == []
    path = store.paths(manifest)[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "does not have the bytes" in store.damage(manifest)[0]
    path.unlink()
    assert "missing" in store.damage(manifest)[0]


def test_a_torn_manifest_is_damage_with_a_remedy_not_an_absent_step(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.commit(a_manifest(store, ["a"]))
    path = store.folder(ADDRESS) / "manifest.json"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(StoreDamage, match="Delete that file"):
        store.manifest(ADDRESS)


def test_a_store_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("99\n")
    with pytest.raises(PileError, match="format 99"):
        Store(tmp_path)


def test_a_remembered_step_is_recalled_only_while_its_files_exist(tmp_path: Path) -> None:
    store = Store(tmp_path)
    manifest = a_manifest(store, ["a"], key="k7")
    store.remember(manifest)
    assert store.manifest(ADDRESS) is None
    assert store.recall("k7") == manifest
    store.paths(manifest)[0].unlink()
    assert store.recall("k7") is None


def test_a_rehearsing_view_publishes_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    view = View(store, rehearse=True)
    view.commit(a_manifest(store, ["a"]))
    assert view.get(ADDRESS) is not None
    assert view.partitions(ADDRESS.owner, ADDRESS.stage) == ["volume-1"]
    assert store.manifest(ADDRESS) is None
    assert View(store).partitions(ADDRESS.owner, ADDRESS.stage) == []


def test_parts_are_cut_by_weight_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", 100)
    writer = parts.PartWriter(Store(tmp_path), ADDRESS, {"id": pl.String})
    for number in range(7):
        writer.add((f"d{number}",), 40)
    assert [file.rows for file in writer.close()] == [3, 3, 1]


def _hold(home: Path, ready, done) -> None:
    with Store(home).lock("a build", exclusive=True):
        ready.set()
        done.wait(30)


def test_a_second_build_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    Store(tmp_path)
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, done))
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(Busy, match=f"a build .process {holder.pid}"), Store(tmp_path).lock("another", exclusive=False):
            pass
    finally:
        done.set()
        holder.join()
    with Store(tmp_path).lock("another", exclusive=False), Store(tmp_path).lock("a third", exclusive=False):
        pass


def test_a_file_reference_is_plain_data() -> None:
    file = FileRef("a.parquet", "0" * 64, 3, 1)
    assert vars(file) == {"name": "a.parquet", "sha256": "0" * 64, "bytes": 3, "rows": 1}
