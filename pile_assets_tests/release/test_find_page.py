"""The page of a release on which a person without tools looks things up: in a real Chromium, from the disk, with no server."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pile_assets.release import attribution, find_index, known_by, layout
from pile_assets_tests.browser.devtools import Browser, Page
from pile_assets_tests.release.released import HOSTILE, SECRET

QUERIES = [
    "https://www.Example.org/Minutes/2024/#top",
    "www.example.org/minutes",
    "example.org",
    "pkg:pypi/Requests@2.0#requests/api.py",
    "doi:10.1234/MILL.table).",
    "978-3-16-148410-0",
    "ISBN 3-16-148410-X",
    "Über die BRÜCKE — ﬁle, Straße, İstanbul, ΣΟΦΟΣ, 漢字かな, ١٢٣, ½, é, a_b",
    HOSTILE,
    "constructor __proto__ toString",
    "",
]


def opened(browser: Browser, folder: Path) -> Page:
    page = browser.open(folder.resolve().as_uri())
    page.go("/index.html")
    return page


@pytest.fixture
def page(browser: Browser, whole: Path) -> Iterator[Page]:
    found = opened(browser, whole / layout.FIND)
    yield found
    found.close()


def look(page: Page, query: str) -> str:
    """Type a query as a person does, and read what the page says then."""
    page.evaluate("(document.getElementById('query').value = '', document.getElementById('said').textContent = '')")
    page.evaluate("document.getElementById('query').focus()")
    page.type(query)
    page.click("Look", "button")
    said = "document.getElementById('said').textContent"
    page.wait(lambda: page.evaluate(said), f"no answer to {query!r}")
    page.wait(lambda: shown(page) or "Nothing" in page.evaluate(said), "the answer is not shown")
    return str(page.evaluate(said))


def shown(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('#found li')].map((item) => item.innerText)")
    return found


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("HTTP://Example.ORG/minutes/2024", "papers:mixed/minutes"),
        ("https://doi.org/10.1234/mill.TABLE", "papers:mixed/table"),
        ("10.1234/mill.table", "papers:mixed/table"),
        ("978-3-16-148410-0", "papers:mixed/book"),
        ("3-16-148410-X", "papers:mixed/book"),
        ("BRUCKE", "papers:mixed/shared"),
        ("muller zoe", "papers:mixed/hostile"),
        ("doi.org", "papers:mixed/table"),
    ],
)
def test_a_person_finds_a_document_by_what_they_know(page: Page, query: str, document: str) -> None:
    assert look(page, query) == "1 document matches."
    (item,) = shown(page)
    assert document in item


def test_a_site_lists_all_its_documents(page: Page) -> None:
    assert look(page, "www.example.org") == "12 documents match."
    assert len(shown(page)) == 12


def test_what_is_not_there_is_said_not_to_be(page: Page) -> None:
    for query in ("no such thing", "9780306406157", "constructor", "__proto__", SECRET, "uncredited"):
        assert look(page, query).startswith("Nothing in this release matches"), query
        assert shown(page) == []


def test_a_hostile_title_is_text_and_nothing_else(page: Page) -> None:
    look(page, "hostile")
    (item,) = shown(page)
    assert "</script><img src=x onerror=" in item
    assert page.evaluate("document.title") == "Is it in this release?"
    assert page.evaluate("document.querySelectorAll('img').length") == 0
    assert page.evaluate("[...document.querySelectorAll('#found a')].map((a) => a.getAttribute('href'))") == [
        "https://example.org/hostile"
    ]


def scripts(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.scripts].map((script) => script.src)")
    return found


def test_nothing_is_asked_of_any_server(page: Page) -> None:
    look(page, "example.org")
    assert len(scripts(page)) > 3
    assert all(address.startswith("file://") for address in scripts(page))
    refused = """new Promise((told) => {
      document.addEventListener('securitypolicyviolation', (event) => told(event.blockedURI));
      fetch('https://example.org/x').catch(() => null);
    })"""
    assert page.evaluate(refused).startswith("https://example.org")


def test_the_page_and_python_spell_alike(page: Page) -> None:
    for query in QUERIES:
        told = page.evaluate(
            "({split: pile.split(query), keys: pile.keys(query), address: pile.address(query), hash: pile.hash(query)})",
            query=query,
        )
        expected = {
            "split": known_by.words(query),
            "keys": known_by.keys_of_query(query),
            "address": known_by.address(query),
            "hash": zlib.crc32(query.encode()),
        }
        assert told == expected, query


def test_no_file_of_the_page_holds_words_of_a_text(whole: Path) -> None:
    for path in (whole / layout.FIND).rglob("*"):
        assert not path.is_file() or SECRET not in path.read_text(encoding="utf-8"), path


# -- large releases ------------------------------------------------------------------------------------------------


def many(count: int) -> pl.DataFrame:
    """Rows of credit of a release with so many documents, all of one site and all with one common word."""
    rows = [
        {
            "doc_id": f"letters:{number}",
            "title": f"Letter {number} about grain" if number % 3 else f"Letter {number}",
            "authors": f"Writer {number % 97}",
            "url": f"https://letters.example/{number}",
            "licence_spdx": "CC0-1.0",
            "shard": "books/public-domain-all",
            "row": number,
        }
        for number in range(count)
    ]
    return pl.DataFrame(rows, schema=attribution.ATTRIBUTION)


def written(folder: Path, pages: dict[str, bytes]) -> Path:
    for name, content in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder / layout.FIND


def test_a_large_release_is_looked_up_a_few_files_at_a_time(browser: Browser, tmp_path: Path) -> None:
    pages = find_index.pages("large", [many(20_000)])
    lists = [name for name in pages if "/words/" in name]
    assert len(lists) > 8
    assert max(len(pages[name]) for name in pages) < 300_000
    page = opened(browser, written(tmp_path, pages))
    assert look(page, "letter 12345 grain") == "Nothing in this release matches. Try another spelling, or fewer words."
    assert look(page, "letter 12346 grain") == "1 document matches."
    assert "letters:12346" in shown(page)[0]
    assert look(page, "letters.example") == "20,000 documents match. The first 50 are shown."
    assert look(page, "letter grain").startswith("These words are in too many documents.")
    assert len(scripts(page)) < 30
    page.close()


def test_lists_are_a_function_of_the_rows() -> None:
    rows = many(700)
    assert find_index.pages("one", [rows]) == find_index.pages("one", [rows[:300], rows[300:]])


def test_records_show_what_the_rows_of_credit_say_and_nothing_more(whole: Path) -> None:
    listed: list[Any] = []
    for path in sorted((whole / layout.FIND / "records").iterdir()):
        listed += json.loads(path.read_text().partition(", ")[2].removesuffix(");\n"))
    credited = pl.concat(
        [pl.read_parquet(path, glob=False) for path in sorted((whole / layout.ATTRIBUTION).rglob("*.parquet"))]
    )
    assert sorted(map(tuple, listed)) == sorted(credited.select(find_index.COLUMNS).iter_rows())
