"""A folder of JSONL files: each file a partition, each usable line a document, each unusable one counted."""

import json
import os
from pathlib import Path

import pytest

from pile_assets.errors import PileError, Quarantine, RegistryError
from pile_assets.sources import local_folder
from pile_assets.sources.model import Document, Skipped, SourceContext

GOOD = {"id": "a", "text": "words", "url": "https://example.org/a", "licence": "CC-BY-4.0", "author": "A. Writer"}


def context(folder: Path, **limits: int) -> SourceContext:
    given = {"document_bytes": 1000, "partition_bytes": 10_000} | limits
    return SourceContext("own", {"path": str(folder)}, folder, given["document_bytes"], given["partition_bytes"])


def documents(folder: Path, name: str = "one", **limits: int) -> list[Document | Skipped]:
    here = context(folder, **limits)
    upstream = local_folder.discover(here).partitions[name]
    return list(local_folder.documents(here, name, local_folder.fetch(here, name, upstream)))


def test_a_line_becomes_a_document_with_its_verdict(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps(GOOD))
    (found,) = documents(tmp_path)
    assert isinstance(found, Document)
    assert (found.native_id, found.verdict.spdx, found.attribution) == ("one/a", "CC-BY-4.0", "A. Writer")
    assert found.verdict.accepted


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"not json", "not-json"),
        (b"[" * 5000, "too-large"),
        (b'{"id": "a"}', "malformed"),
        (b'{"id": "", "text": "x", "url": "u"}', "malformed"),
        (b'{"id": "a", "text": "\xff", "url": "u"}', "not-utf8"),
    ],
)
def test_a_line_that_cannot_be_used_is_counted_and_the_rest_goes_on(tmp_path: Path, line: bytes, reason: str) -> None:
    (tmp_path / "one.jsonl").write_bytes(json.dumps(GOOD).encode() + b"\n" + line + b"\n")
    good, bad = documents(tmp_path)
    assert isinstance(good, Document)
    assert isinstance(bad, Skipped)
    assert (bad.reason, bad.problem) == (reason, True)
    assert "line 2" in bad.detail


def test_a_document_without_a_licence_field_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps({k: v for k, v in GOOD.items() if k != "licence"}))
    (found,) = documents(tmp_path)
    assert isinstance(found, Document)
    assert not found.verdict.accepted


def test_a_zero_byte_file_is_an_empty_partition(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").touch()
    assert [item.reason for item in documents(tmp_path) if isinstance(item, Skipped)] == ["empty"]


def test_bytes_and_not_times_make_the_version(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_text("a")
    before = local_folder.discover(context(tmp_path)).partitions["one"].version
    stat = path.stat()
    path.write_text("b")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert local_folder.discover(context(tmp_path)).partitions["one"].version != before


def test_a_name_that_cannot_be_a_key_is_left_out_with_a_note(tmp_path: Path) -> None:
    (tmp_path / "Not A Key.jsonl").write_text("")
    discovery = local_folder.discover(context(tmp_path))
    assert not discovery.partitions
    assert "Not A Key.jsonl" in discovery.notes[0]


def test_a_missing_folder_is_an_error_and_not_a_withdrawal(tmp_path: Path) -> None:
    with pytest.raises(PileError, match="Mount or create"):
        local_folder.discover(context(tmp_path / "nowhere"))


def test_a_file_over_the_cap_is_quarantined(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text(json.dumps(GOOD))
    with pytest.raises(Quarantine, match="Split the file"):
        documents(tmp_path, partition_bytes=10)


def test_a_file_that_changes_while_it_is_read_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text("{}")
    here = context(tmp_path)
    upstream = local_folder.discover(here).partitions["one"]
    (tmp_path / "one.jsonl").write_text("{ }")
    with pytest.raises(PileError, match="has changed"):
        list(local_folder.fetch(here, "one", upstream))


def test_an_option_nobody_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="colour"):
        local_folder.discover(SourceContext("own", {"path": str(tmp_path), "colour": "red"}, tmp_path, 1, 1))
