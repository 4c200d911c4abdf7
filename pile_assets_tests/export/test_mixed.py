"""An export is the documents of a release as often as the recipe says, and the same bytes however it came about."""

import copy
import gzip
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from pile_assets import schemas
from pile_assets.errors import Busy
from pile_assets.export import mixed
from pile_assets.store import FILES_LOCK, publish
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import document

UNEVEN = "schema: 1\nid: uneven\ntitle: Uneven\ndescription: Songs more often.\nweights: {fables: 0.5, songs: 2.25}\n"


@pytest.fixture(scope="module")
def pile(built_once: Pile, tmp_path_factory: pytest.TempPathFactory) -> Pile:
    """The built corpus with a registry of its own, which has a recipe."""
    corpus = copy.copy(built_once.corpus)
    corpus.registry = tmp_path_factory.mktemp("registry") / "registry"
    shutil.copytree(built_once.corpus.registry, corpus.registry)
    (corpus.registry / "mixtures").mkdir()
    (corpus.registry / "mixtures" / "uneven.yaml").write_text(UNEVEN)
    return Pile(corpus)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several runs, and with `PARTS` several parts."""
    monkeypatch.setattr(mixed, "RUN_BYTES", 5_000)
    monkeypatch.setattr("pile_assets.console.exporting.MEGABYTE", 4_000)


def exported(pile: Pile, out: Path, *arguments: str, exit_code: int = 0):
    words = ("export", "--mixture", "uneven", "--part-mb", "1", "--out", str(out), *arguments)
    return pile.ask(*words, exit_code=exit_code)


def content(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def rows_of_release(pile: Pile) -> pl.DataFrame:
    store = pile.store
    manifests = [store.manifest(address) for address in store.addresses() if address.stage == "shards"]
    return pl.concat([part for manifest in manifests if manifest for part in store.parts(manifest)])


def test_every_row_is_a_document_of_the_release_as_often_as_its_weight_says(pile: Pile, tmp_path: Path) -> None:
    told = exported(pile, tmp_path / "out")
    written = pl.concat([pl.read_parquet(tmp_path / "out" / part["name"]) for part in told["parts"]])
    assert written.columns == [*schemas.SHARD_ROWS, "copy"]
    release = rows_of_release(pile)
    counts = Counter(written["id"].to_list())
    for identifier, source in release.select("id", "source").iter_rows():
        assert counts[identifier] in ({0, 1} if source == "fables" else {2, 3})
    first = written.filter(pl.col("copy") == 0).drop("copy").sort("id")
    assert first.equals(release.filter(pl.col("id").is_in(first["id"].to_list())).sort("id"))
    by_source = {name: written.filter(pl.col("source") == name) for name in ("fables", "songs")}
    for name, rows in by_source.items():
        said = told["sources"][name]
        assert (said["rows"], said["bytes"], said["docs"]) == (rows.height, rows["bytes"].sum(), rows["id"].n_unique())
        assert said["tokens"] == said["bytes"] // 4
    assert told["tokens"] == "UTF-8 bytes / 4"


def test_a_set_is_cut_into_parts_and_its_manifest_names_them_by_digest(pile: Pile, tmp_path: Path) -> None:
    told = exported(pile, tmp_path / "out")
    files = content(tmp_path / "out")
    assert len(told["parts"]) > 3
    assert files.keys() == {"manifest.json", *(part["name"] for part in told["parts"])}
    for part in told["parts"]:
        assert hashlib.sha256(files[part["name"]]).hexdigest() == part["sha256"]
    assert json.loads(files["manifest.json"])["set"]["release"] == pile.release


def test_the_dolma_layout_keeps_ids_and_licences(pile: Pile, tmp_path: Path) -> None:
    exported(pile, tmp_path / "parquet")
    exported(pile, tmp_path / "dolma", "--format", "jsonl.gz")
    lines = [
        json.loads(line)
        for path in sorted((tmp_path / "dolma").glob("*.jsonl.gz"))
        for line in gzip.decompress(path.read_bytes()).splitlines()
    ]
    rows = pl.concat([pl.read_parquet(path) for path in sorted((tmp_path / "parquet").glob("*.parquet"))])
    assert [line["id"] for line in lines] == rows["id"].to_list()
    for line, row in zip(lines, rows.iter_rows(named=True), strict=True):
        assert (line["text"], line["source"]) == (row["text"], row["source"])
        said = line["metadata"]
        assert (said["license"], said["license_family"], said["url"]) == (row["licence"], row["family"], row["url"])
        assert said.get("attribution") == row["attribution"]
        assert "added" not in line


@pytest.mark.parametrize("shape", ["parquet", "jsonl.gz"])
def test_threads_change_no_byte(pile: Pile, tmp_path: Path, shape: str) -> None:
    exported(pile, tmp_path / "one", "--format", shape, "--threads", "1")
    exported(pile, tmp_path / "four", "--format", shape, "--threads", "4")
    assert content(tmp_path / "one") == content(tmp_path / "four")


def test_runs_of_another_size_change_no_byte(pile: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much is sorted at once is a matter of memory."""
    exported(pile, tmp_path / "many")
    monkeypatch.setattr(mixed, "RUN_BYTES", 1 << 30)
    exported(pile, tmp_path / "one")
    assert content(tmp_path / "many") == content(tmp_path / "one")


def test_a_killed_export_is_taken_up_and_ends_in_the_same_bytes(pile: Pile, tmp_path: Path) -> None:
    """Killed without warning, each time later; started with small runs and parts in a process of its own."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert start(pile, whole).wait() == 0
    killed = 0
    for files in range(1, 20, 3):
        process = start(pile, out)
        while process.poll() is None and len(list(out.rglob("*"))) < files:
            time.sleep(0.001)
        process.kill()
        killed += process.wait() == -signal.SIGKILL
    assert killed >= 4
    assert start(pile, out).wait() == 0
    assert content(out) == content(whole)


def start(pile: Pile, out: Path):
    code = (
        "from pile_assets.export import mixed\nfrom pile_assets.console import exporting\nfrom pile_assets.cli import main\n"
        "import sys\nmixed.RUN_BYTES, exporting.MEGABYTE = 5_000, 4_000\nmain(sys.argv[1:])"
    )
    words = ["export", "--mixture", "uneven", "--part-mb", "1", "--out", str(out)]
    environment = {**os.environ, **pile.corpus.environment}
    return subprocess.Popen([sys.executable, "-c", code, *words], env=environment, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("after", range(1, 14, 2))
def test_an_export_interrupted_between_any_two_files_is_taken_up(
    pile: Pile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    exported(pile, tmp_path / "whole")
    real, left = publish, after

    def limited(temporary: Path, final: Path) -> None:
        nonlocal left
        if left == 0:
            raise KeyboardInterrupt
        left -= 1
        real(temporary, final)

    monkeypatch.setattr(mixed, "publish", limited)
    words = ("export", "--mixture", "uneven", "--part-mb", "1", "--out", str(tmp_path / "out"), "--threads", "1")
    interrupted = pile.run(*words).exit_code == 130
    monkeypatch.setattr(mixed, "publish", real)
    again = exported(pile, tmp_path / "out")
    assert again["was_there"] != interrupted
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_finished_set_is_not_written_again(pile: Pile, tmp_path: Path) -> None:
    exported(pile, tmp_path / "out")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    assert exported(pile, tmp_path / "out", "--threads", "1")["was_there"]
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == times


def test_nothing_else_is_overwritten(pile: Pile, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    refused = exported(pile, tmp_path / "mine", exit_code=1)
    assert "files of something else; nothing was overwritten" in refused["error"]["cause"]
    assert content(tmp_path / "mine") == {"thesis.txt": b"years of work"}
    exported(pile, tmp_path / "out")
    before = content(tmp_path / "out")
    assert "another set" in exported(pile, tmp_path / "out", "--format", "jsonl.gz", exit_code=1)["error"]["cause"]
    assert content(tmp_path / "out") == before


def test_a_set_whose_file_was_changed_is_told_and_left(pile: Pile, tmp_path: Path) -> None:
    told = exported(pile, tmp_path / "out")
    (tmp_path / "out" / told["parts"][0]["name"]).write_bytes(b"?")
    assert "is not what the manifest" in exported(pile, tmp_path / "out", exit_code=1)["error"]["cause"]


def test_an_older_release_can_be_exported_while_its_files_are_kept(built: Pile, tmp_path: Path) -> None:
    before = built.release
    whole = built.ask("export", "--out", str(tmp_path / "before"))
    corpus = built.corpus.folder("songs") / "late.jsonl"
    try:
        built.corpus.publish("songs", "late", [document("late")])
        built.build()
    finally:
        corpus.unlink()
    again = built.ask("export", "--out", str(tmp_path / "again"), "--release", before)
    assert again["parts"] == whole["parts"]
    assert built.release != before
    assert (
        "There is no release nowhere"
        in built.ask("export", "--out", str(tmp_path / "x"), "--release", "nowhere", exit_code=1)["error"]["cause"]
    )


def test_garbage_is_not_collected_under_an_export(built: Pile) -> None:
    with built.store.lock("pile export", exclusive=False, name=FILES_LOCK):
        assert "in use" in built.ask("gc", "--remove", exit_code=1)["error"]["cause"]
        built.build()
    with (
        built.store.lock("pile gc", exclusive=True, name=FILES_LOCK),
        pytest.raises(Busy),
        built.store.lock("x", exclusive=False, name=FILES_LOCK),
    ):
        pass


def test_a_recipe_that_leaves_everything_out_writes_one_empty_part(pile: Pile, tmp_path: Path) -> None:
    text = "schema: 1\nid: none\ntitle: None\ndescription: Nothing.\nothers: 0\nweights: {}\n"
    (pile.corpus.registry / "mixtures" / "none.yaml").write_text(text)
    told = pile.ask("export", "--mixture", "none", "--out", str(tmp_path / "out"))
    assert [part["rows"] for part in told["parts"]] == [0]
    assert pl.read_parquet(tmp_path / "out" / told["parts"][0]["name"]).columns == [*schemas.SHARD_ROWS, "copy"]
