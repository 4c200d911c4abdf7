"""Machine-readable wishes: read in every form, asked for once a site, kept with every capture, obeyed as the record says."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.robotparser import RobotFileParser

import pytest

from pile_assets.build import build
from pile_assets.errors import PileError
from pile_assets.sources import preferences
from pile_assets.sources.http import Client, Patience
from pile_assets.sources.preferences import AGENT, Signal, allowed, of_headers, of_html, of_robots, of_tdmrep
from pile_assets.sources.wishes import Disallowed
from pile_assets.store import Address
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus
from pile_assets_tests.mirror import gutenberg
from pile_assets_tests.mirror.faults import Refuse
from pile_assets_tests.mirror.server import Mirror

QUICK = Patience(attempts=2, connect=2.0, read=0.5, first_wait=0.01, longest_wait=0.1)
URL = "https://example.org/docs/page?x=1"


# -- robots.txt ----------------------------------------------------------------------------------------------------

RULES = [
    ("User-agent: *\nDisallow: /docs\nAllow: /docs/page", True),  # the longest rule, whatever its place: section 2.2.2
    ("User-agent: *\nAllow: /docs/page\nDisallow: /docs/page", True),  # of equals, allow
    ("User-agent: *\nDisallow: /*/page", False),  # section 2.2.3
    ("User-agent: *\nDisallow: /docs/page$", True),
    ("User-agent: *\nDisallow: /docs/page?x=1$", False),
    (f"User-agent: *\nDisallow: /\n\nUser-agent: {AGENT}\nAllow: /", True),  # one's own group alone counts
    (f"User-agent: {AGENT}\nUser-agent: other\nDisallow: /docs", False),
    (f"User-agent: {AGENT.upper()}\nDisallow: /docs", False),
    ("Disallow: /", True),  # belongs to no group
    ("User-agent: *\nDisallow:", True),
    ("", True),
    ("\x00\xff nonsense", True),
]


@pytest.mark.parametrize(("robots", "may"), RULES)
def test_robots_txt_is_read_as_the_rfc_says(robots: str, may: bool) -> None:
    assert allowed(robots, URL) is may


def test_the_standard_librarys_parser_would_not_do() -> None:
    """Why there is a dependency; when this fails, it can go."""

    def stdlib(robots: str) -> bool:
        parser = RobotFileParser()
        parser.parse(robots.splitlines())
        return parser.can_fetch(AGENT, URL)

    assert [robots for robots, may in RULES if stdlib(robots) is not may]


@pytest.mark.parametrize(
    ("robots", "reserves"),
    [
        ("User-agent: *\nContent-Usage: train-ai=n", True),
        ("User-agent: *\nContent-Usage: /docs/ train-ai=n", True),
        ("User-agent: *\nContent-Usage: /other/ train-ai=n", None),
        ("User-agent: *\nContent-Usage: train-ai=n\nContent-Usage: /docs/ train-ai=y", False),
        ("User-agent: *\nContent-Usage: search=n, mining=n", False),
        (f"User-agent: *\nContent-Usage: train-ai=n\n\nUser-agent: {AGENT}\nAllow: /", None),
        ("User-agent: *\nContent-Signal: search=yes, ai-train=no", True),
        ("User-agent: *\nAllow: /", None),
    ],
)
def test_wishes_in_robots_txt(robots: str, reserves: bool | None) -> None:
    found = list(of_robots(robots, URL))
    assert (found[0].reserves if found else None) is reserves


# -- other forms ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "reserves"),
    [
        ({"content-usage": "train-ai=n"}, True),
        ({"content-usage": "search=y, train-ai=n;reason=x"}, True),
        ({"content-usage": "train-ai=y"}, False),
        ({"content-usage": "train-ai"}, False),
        ({"content-usage": "x-train-ai=n"}, False),
        ({"tdm-reservation": "1"}, True),
        ({"tdm-reservation": "0"}, False),
        ({"tdm-reservation": "2"}, False),
        ({"x-robots-tag": "noindex, noai"}, True),
        ({"x-robots-tag": "otherbot: noai"}, True),
        ({"x-robots-tag": "noindex"}, False),
        ({"x-robots-tag": "noainotaword"}, False),
        ({"content-signal": "ai-train=no"}, True),
    ],
)
def test_wishes_in_headers(headers: dict[str, str], reserves: bool) -> None:
    (signal,) = of_headers(headers)
    assert signal.reserves is reserves
    assert signal.where == "header"


@pytest.mark.parametrize(
    ("content", "reserves"),
    [
        ([{"location": "/docs/", "tdm-reservation": 1, "tdm-policy": "https://example.org/p"}], True),
        ([{"location": "/docs/*", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}], False),
        ([{"location": "/other", "tdm-reservation": 1}], None),
        ({"location": "/", "tdm-reservation": 1}, None),
        ([1, None, {"tdm-reservation": 1}], None),
    ],
)
def test_wishes_in_tdmrep_json(content: object, reserves: bool | None) -> None:
    found = list(of_tdmrep(json.dumps(content).encode(), URL))
    assert (found[0].reserves if found else None) is reserves


def test_a_broken_tdmrep_json_wishes_nothing() -> None:
    assert list(of_tdmrep(b"{", URL)) == []


@pytest.mark.parametrize(
    ("page", "reserves"),
    [
        ("<meta name='tdm-reservation' content='1'>", True),
        ("<html><head><META NAME=robots CONTENT='NOAI, noimageai'></head>", True),
        ("<meta name='robots' content='noimageai'>", False),
        ("<meta name='robots' content='noindex'>", None),
        ("<p>tdm-reservation: 1</p>", None),
        ("A text that says <meta name='tdm-reservation' content='1'>", None),
        ("", None),
    ],
)
def test_wishes_in_pages(page: str, reserves: bool | None) -> None:
    found = list(of_html(page.encode()))
    assert (found[0].reserves if found else None) is reserves


def test_of_several_signals_a_reservation_counts() -> None:
    kept = preferences.as_dicts([Signal("header", "tdm", "tdm-reservation: 0"), Signal("html", "robots", "noai", True)])
    found = preferences.reservation({"signals": kept})
    assert found is not None
    assert found.value == "noai"
    assert preferences.reservation({}) is None


# -- the client ----------------------------------------------------------------------------------------------------


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with Mirror() as running:
        running.publish("/page", b"words")
        yield running


def client(tmp_path: Path) -> Client:
    return Client("a_source", tmp_path / "http", interval=0, patience=QUICK, wishes=True)


def test_a_page_that_robots_txt_disallows_is_not_asked_for(mirror: Mirror, tmp_path: Path) -> None:
    mirror.publish("/robots.txt", b"User-agent: *\nDisallow: /page")
    mirror.publish("/open", b"words")
    asking = client(tmp_path)
    with pytest.raises(Disallowed, match=r"asks pile-assets not to fetch"):
        asking.get(f"{mirror.url}/page", limit=100)
    assert asking.get(f"{mirror.url}/open", limit=100).read() == b"words"
    assert mirror.asked("/page") == []
    assert len(mirror.asked("/robots.txt")) == 1


def test_without_robots_txt_everything_may_be_fetched(mirror: Mirror, tmp_path: Path) -> None:
    assert client(tmp_path).get(f"{mirror.url}/page", limit=100).facts["signals"] == []


def test_a_robots_txt_that_cannot_be_read_forbids_everything(mirror: Mirror, tmp_path: Path) -> None:
    mirror.fail("/robots.txt", *[Refuse(503)] * 9)
    with pytest.raises(PileError):
        client(tmp_path).get(f"{mirror.url}/page", limit=100)
    assert mirror.asked("/page") == []


def test_wishes_of_site_and_page_are_in_the_capture(mirror: Mirror, tmp_path: Path) -> None:
    mirror.publish("/robots.txt", b"User-agent: *\nContent-Usage: train-ai=n")
    mirror.publish("/.well-known/tdmrep.json", b'[{"location": "/", "tdm-reservation": 1}]')
    mirror.publish("/page", b"words", headers={"X-Robots-Tag": "noai"})
    signals = client(tmp_path).get(f"{mirror.url}/page", limit=100).facts["signals"]
    assert [(s["where"], s["kind"], s["reserves"]) for s in signals] == [
        ("robots.txt", "aipref", True),
        ("tdmrep.json", "tdm", True),
        ("header", "robots", True),
    ]


def test_who_was_not_told_to_ask_asks_no_site(mirror: Mirror, tmp_path: Path) -> None:
    Client("a_source", tmp_path / "http", interval=0, patience=QUICK).get(f"{mirror.url}/page", limit=100)
    assert mirror.asked("/robots.txt") == []


# -- a source ------------------------------------------------------------------------------------------------------


def library(tmp_path: Path, mirror: Mirror, policy: str) -> Corpus:
    corpus = Corpus(tmp_path, ())
    checked = {"robots_txt": "allowed", "tdmrep": "absent", "aipref": "unknown", "checked": "2026-11-01"}
    corpus.add_source(
        "library",
        0,
        connector="project_gutenberg",
        options=gutenberg.options(mirror, block=1),
        partitioning={"unit": "one book", "pattern": r"ebooks-\d{6}"},
        preferences=checked | {"policy": policy},
    )
    return corpus


def verdicts(corpus: Corpus) -> dict[str, tuple[bool, str | None]]:
    view = corpus.deployment.open().view
    found: dict[str, tuple[bool, str | None]] = {}
    for partition in view.partitions("sources/library", "documents"):
        manifest = view.need(Address.of_source("library", "documents", partition))
        for part in view.store.parts(manifest, ["id", "accepted", "licence_reason"]):
            found |= {name: (accepted, reason) for name, accepted, reason in part.iter_rows()}
    return found


def shelve(mirror: Mirror, **headers: str) -> None:
    book = gutenberg.Book(1, {"1-0.txt": gutenberg.text(gutenberg.chapter(1) * 20)})
    gutenberg.publish(mirror, book, gutenberg.Book(2, {"2-0.txt": gutenberg.text(gutenberg.chapter(2) * 20)}))
    mirror.publish("/files/1/1-0.txt", book.texts["1-0.txt"], content_type="text/plain", headers=headers)


def test_a_reserved_page_is_held_or_recorded_as_the_record_says(mirror: Mirror, tmp_path: Path) -> None:
    shelve(mirror, **{"Content-Usage": "train-ai=n"})
    recording, holding = (library(tmp_path / policy, mirror, policy) for policy in ("record", "hold"))
    for corpus in (recording, holding):
        assert not build(corpus.deployment.open()).failed
    assert verdicts(recording) == {"library:1/1-0.txt": (True, None), "library:2/2-0.txt": (True, None)}
    reason = "Use reserved by the publisher: header says train-ai=n."
    assert verdicts(holding) == {"library:1/1-0.txt": (False, reason), "library:2/2-0.txt": (True, None)}
    assert "header   aipref" in Pile(recording).run("lineage", "library:1/1-0.txt").stdout


def test_a_source_that_may_not_be_fetched_fails_with_a_word_and_loses_nothing(mirror: Mirror, tmp_path: Path) -> None:
    shelve(mirror)
    corpus = library(tmp_path, mirror, "record")
    build(corpus.deployment.open())
    mirror.publish("/robots.txt", b"User-agent: *\nDisallow: /")
    report = build(corpus.deployment.open())
    assert "asks pile-assets not to fetch" in report.failed[0].cause
    assert len(verdicts(corpus)) == 2
