"""Samples as they are packed: archives, compressed files, JSON in its several shapes, and web archives."""

import bz2
import gzip
import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any


def inside(archive: bytes) -> dict[str, bytes]:
    """The files of a git archive, below its one top folder."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {m.name.partition("/")[2]: read.read() for m in tar if (read := tar.extractfile(m)) is not None}


def unpacked(path: str, content: bytes) -> bytes:
    """A file's bytes without its compression."""
    return gzip.decompress(content) if path.endswith(".gz") else bz2.decompress(content) if path.endswith(".bz2") else content


def text(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")


def objects(path: str, content: bytes) -> Iterator[Any]:
    """The objects of a JSON file, of its lines, or of an API's answer; none where it is another format."""
    body = unpacked(path, content)
    try:
        data = json.loads(body)
    except ValueError:
        try:
            data = [json.loads(line) for line in body.splitlines() if line.strip()]
        except ValueError:
            return
    message = data.get("message", data) if isinstance(data, dict) else data
    items = message.get("items", [message]) if isinstance(message, dict) else message
    yield from items if isinstance(items, list) else []


def pages(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The HTML responses of an uncompressed WARC: target and body."""
    at = 0
    while (end := data.find(b"\r\n\r\n", at)) >= 0:
        fields = dict(line.split(":", 1) for line in text(data[at:end]).split("\r\n") if ":" in line)
        fields = {name.strip().lower(): value.strip() for name, value in fields.items()}
        length = int(fields.get("content-length", "0"))
        record = data[end + 4 : end + 4 + length]
        at = end + 4 + length
        while data[at : at + 2] == b"\r\n":
            at += 2
        head, _, body = record.partition(b"\r\n\r\n")
        if fields.get("warc-type") == "response" and (b"text/html" in head.lower() or b"<html" in body[:2_000].lower()):
            yield fields.get("warc-target-uri", "").strip("<>"), body
