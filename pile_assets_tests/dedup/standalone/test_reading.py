"""Reading inputs: every format, every kind of line that is no document, every way a file can be broken."""

import gzip
import json
import os

import polars as pl
import pytest
import zstandard

from pile_assets.dedup.standalone import reading
from pile_assets.dedup.standalone.reading import Columns
from pile_assets.errors import Quarantine

DOCUMENTS = [("a", "one text"), ("b", "naïve — 中文 𠀋"), ("3", ""), ("d", "line\nbreaks\u2028 \x00")]
LINES = b"".join(json.dumps({"id": i, "text": t, "more": [1]}).encode() + b"\n" for i, t in DOCUMENTS)


def documents(path, columns=Columns()):  # noqa: B008
    batches = list(reading.read(path, columns))
    found = [row for batch in batches for row in zip(batch.ids, [t.decode() for t in batch.texts], strict=True)]
    return found, {problem.line: problem.reason for batch in batches for problem in batch.problems}


def written(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def two_frames(content):
    half = len(content) // 2
    return b"".join(
        zstandard.ZstdCompressor(write_content_size=size).compress(part)
        for size, part in zip((True, False), (content[:half], content[half:]), strict=True)
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("d.jsonl", LINES),
        ("d.json", LINES[:-1]),
        ("d.ndjson", LINES.replace(b"\n", b"\r\n\r\n")),
        ("d.jsonl.gz", gzip.compress(LINES)),
        ("d.jsonl.gz", gzip.compress(LINES[:30]) + gzip.compress(LINES[30:])),
        ("d.jsonl.zst", zstandard.compress(LINES)),
        ("d.jsonl.zst", two_frames(LINES)),
    ],
)
def test_json_lines_are_read_whatever_their_wrapping(tmp_path, name, content):
    assert documents(written(tmp_path, name, content)) == (DOCUMENTS, {})


def test_parquet_is_read_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_ROWS", 3)
    pl.DataFrame(DOCUMENTS, schema=["doc", "body"], orient="row").write_parquet(tmp_path / "d.parquet")
    assert documents(tmp_path / "d.parquet", Columns("doc", "body")) == (DOCUMENTS, {})


def test_batches_end_where_enough_text_has_gathered(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 8)
    path = written(tmp_path, "d.jsonl", LINES)
    assert [batch.ids for batch in reading.read(path, Columns())] == [["a"], ["b"], ["3", "d"], []]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{oops", "not JSON: Expecting property name enclosed in double quotes, at character 2"),
        (b'{"id": "x", "text": "cut', "not JSON: Invalid control character at, at character 25"),
        (b'{"id": "x", "text": "\xff"}', "not UTF-8"),
        (b'{"id": "x", "text": "\\ud800"}', "half a surrogate pair, which is no text"),
        (b'["x", "y"]', "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
        (b'{"text": "y"}', "no id"),
        (b'{"id": "", "text": "y"}', "no id"),
        (b'{"id": 1.5, "text": "y"}', "the id is neither a string nor an integer"),
        (b'{"id": true, "text": "y"}', "the id is neither a string nor an integer"),
        (b'{"id": "x"}', "no text"),
        (b'{"id": "x", "text": ["y"]}', "the text is not a string"),
    ],
)
def test_a_line_that_is_no_document_is_named_and_the_rest_is_read(tmp_path, line, reason):
    found, problems = documents(written(tmp_path, "d.jsonl", b'{"id": 1, "text": "before"}\n' + line + b"\n" + LINES))
    assert found == [("1", "before"), *DOCUMENTS]
    assert list(problems) == [2]
    assert problems[2].startswith(reason)


def test_nulls_and_other_types_of_parquet_are_named_by_row(tmp_path):
    pl.DataFrame({"id": [None, 7, 8], "text": ["a", None, "c"]}).write_parquet(tmp_path / "d.parquet")
    assert documents(tmp_path / "d.parquet") == ([("8", "c")], {1: "no id", 2: "no text"})


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("d.jsonl.gz", gzip.compress(LINES)[:-20], "end"),
        ("d.jsonl.gz", b"no gzip at all", "gzip"),
        ("d.jsonl.zst", zstandard.compress(os.urandom(3000).hex().encode())[:-20], "cut off"),
        ("d.jsonl.zst", b"no zstandard at all", "zstd"),
        ("d.parquet", b"no parquet at all", "parquet|PAR1|magic"),
    ],
)
def test_a_broken_file_is_refused_as_a_whole(tmp_path, name, content, cause):
    with pytest.raises(Quarantine, match=f"(?i)cannot be read to its end: .*({cause})"):
        documents(written(tmp_path, name, content))


def test_missing_columns_are_named_with_those_there_are(tmp_path):
    pl.DataFrame({"key": ["a"], "body": ["b"]}).write_parquet(tmp_path / "d.parquet")
    with pytest.raises(Quarantine, match="no column id and no column text; there are key, body"):
        documents(tmp_path / "d.parquet")


def test_an_endless_line_is_refused_before_it_fills_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "LINE_BYTES", 50)
    with pytest.raises(Quarantine, match="Line 2 is longer than 50 bytes"):
        documents(written(tmp_path, "d.jsonl", b'{"id": "a", "text": "b"}\n' + b"x" * 60))
