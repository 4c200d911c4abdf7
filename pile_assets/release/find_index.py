"""The page of a release on which anybody can look whether something is in it, and the lists behind that page.

What belongs here: cutting the lists into files that a browser loads one at a time, from a disk and without a server. What may
not: spelling (`known_by`), the page itself (`find_page`).

    find/words/<bucket>.js    token -> [how many documents, gaps between their numbers], by CRC-32 of the token
    find/records/<chunk>.js   what is shown of each document: never its text

A token that is in very many documents lists the first of them only; the page then goes by the rarer words.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from pile_assets.release import known_by, layout

PAGE = Path(__file__).parent / "find_page"
CHUNK = 256
"""Documents in a file of records."""
POSTINGS = 8_000
"""Postings in a file of words, on average: about 50 kB."""
LISTED = 1_000
"""Documents listed under one token at most."""

COLUMNS = ["doc_id", "title", "authors", "url", "credit", "licence_spdx", "shard"]
"""What a record holds, in this order; columns of `attribution.ATTRIBUTION`."""


def pages(release: str, credited: Iterable[pl.DataFrame]) -> dict[str, bytes]:
    """Path -> content of the page and its lists, from the rows of credit of every shard, in the order of the manifest."""
    records = [row for rows in credited for row in rows.select(COLUMNS).iter_rows()]
    found = {f"{layout.FIND}/{path.name}": path.read_bytes() for path in sorted(PAGE.iterdir())}
    buckets = _buckets(records)
    about = {"release": release, "documents": len(records), "chunk": CHUNK, "buckets": len(buckets)}
    found[f"{layout.FIND}/about.js"] = f"pile.about = {_script(about)};\n".encode()
    for number, listed in enumerate(buckets):
        found[f"{layout.FIND}/words/{number:05x}.js"] = f"pile.words.set({number}, {_script(listed)});\n".encode()
    for number, rows in enumerate(_chunks(records)):
        found[f"{layout.FIND}/records/{number:05x}.js"] = f"pile.records.set({number}, {_script(rows)});\n".encode()
    return found


def _script(value: Any) -> str:
    """JSON as part of a script: ASCII only, so that no encoding and no line separator can break it."""
    return json.dumps(value, separators=(",", ":"))


def _chunks(records: list[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    return (records[start : start + CHUNK] for start in range(0, len(records), CHUNK))


def tokens(record: tuple[Any, ...]) -> set[str]:
    """Everything a document is listed under: its whole keys and its words."""
    identifier, title, authors, url, credit = record[:5]
    shown = " ".join(text for text in (identifier, title, authors, url, credit) if text)
    return known_by.keys_of_document(identifier, title, url) | set(known_by.words(shown))


def _buckets(records: list[tuple[Any, ...]]) -> list[dict[str, list[Any]]]:
    """The lists of all tokens, by bucket; their number is a power of two that goes with the number of postings."""
    listed: dict[str, list[int]] = {}
    for number, record in enumerate(records):
        for token in tokens(record):
            listed.setdefault(token, []).append(number)
    count = 1
    while count * POSTINGS < sum(min(len(numbers), LISTED) for numbers in listed.values()):
        count *= 2
    buckets: list[dict[str, list[Any]]] = [{} for _ in range(count)]
    for token in sorted(listed):
        numbers = listed[token]
        buckets[zlib.crc32(token.encode()) % count][token] = [len(numbers), _gaps(numbers[:LISTED])]
    return buckets


def _gaps(numbers: list[int]) -> list[int]:
    return [number - before for before, number in zip([0, *numbers], numbers, strict=False)]
