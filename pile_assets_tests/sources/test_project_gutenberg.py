"""Ebooks in blocks of numbers: what moves a version, what is downloaded, and that the catalogue alone decides."""

import shutil
from collections import Counter
from dataclasses import replace

import pytest

from pile_assets.errors import PileError, RegistryError
from pile_assets.sources import project_gutenberg
from pile_assets.sources.http import Client, Patience
from pile_assets.sources.model import SourceContext, Upstream
from pile_assets_tests.mirror import gutenberg
from pile_assets_tests.mirror.asking import MIB, context, fetch, read, versions
from pile_assets_tests.mirror.faults import Refuse, WrongLength
from pile_assets_tests.mirror.gutenberg import Book, chapter, plain, text
from pile_assets_tests.mirror.server import Mirror

CATALOGUE, RECORDS = "/cache/epub/feeds/pg_catalog.csv.gz", "/cache/epub/feeds/rdf-files.tar.bz2"


def book(number: int, words: str | None = None, **more) -> Book:
    """An ebook with one text in UTF-8."""
    return Book(number, {f"{number}-0.txt": text(words or chapter(number), encoding="utf-8-sig")}, **more)


@pytest.fixture
def mirror():
    with Mirror() as running:
        yield running


@pytest.fixture
def asking(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(project_gutenberg, "Client", quick)
    return context(tmp_path / "cache", gutenberg.options(mirror), source="project_gutenberg")


def quick(*arguments, **named):
    """The client as it is, but for its patience with a server that fails."""
    return Client(*arguments, **named, patience=Patience(attempts=2, read=1.0, first_wait=0.01, longest_wait=0.05))


def paths(mirror: Mirror) -> list[str]:
    return [entry.path for entry in mirror.log]


# -- which books, which partitions -----------------------------------------------------------------------------------------


def test_a_partition_is_a_block_of_numbers_named_by_its_first(mirror, asking):
    gutenberg.publish(mirror, *(book(number) for number in (1, 84, 99, 100, 4300)))
    found = project_gutenberg.discover(asking)
    assert {key: upstream.documents for key, upstream in found.partitions.items()} == {
        "ebooks-000000": 3,
        "ebooks-000100": 1,
        "ebooks-004300": 1,
    }
    assert found.complete
    assert found.partitions["ebooks-000100"].bytes == len(book(100).texts["100-0.txt"])


def test_the_block_size_is_an_option(mirror, asking):
    gutenberg.publish(mirror, book(84), book(1342))
    ten = replace(asking, options={**asking.options, "block": 10})
    assert sorted(project_gutenberg.discover(ten).partitions) == ["ebooks-000080", "ebooks-001340"]


def test_numbers_languages_and_kind_choose_the_books(mirror, asking):
    books = [book(1), book(2, languages="fr"), book(3, languages="de; en"), book(4, kind="Sound"), book(250), book(99999)]
    gutenberg.publish(mirror, *books)

    def chosen(**options) -> int:
        found = project_gutenberg.discover(replace(asking, options={**asking.options, **options}))
        return sum(upstream.documents or 0 for upstream in found.partitions.values())

    assert chosen() == 5, "a recording is no text"
    assert chosen(languages=["en"]) == 4
    assert chosen(numbers=[1, "2-260"]) == 4
    assert chosen(numbers=["2-260"], languages=["fr"]) == 1


def test_a_choice_that_leaves_nothing_is_a_mistake(mirror, asking):
    gutenberg.publish(mirror, book(1))
    with pytest.raises(PileError, match="among the chosen") as found:
        project_gutenberg.discover(replace(asking, options={**asking.options, "numbers": [7]}))
    assert "project_gutenberg.yaml" in found.value.remedy


@pytest.mark.parametrize(
    "options", [{"numbers": ["9-3"]}, {"numbers": ["x"]}, {"block": 0}, {"base_url": "gutenberg"}, {"slow": 1}]
)
def test_bad_options_are_refused(tmp_path, options):
    with pytest.raises(RegistryError, match="options"):
        project_gutenberg.discover(context(tmp_path / "cache", options))


def test_by_default_the_publisher_is_asked_every_two_seconds_at_most():
    defaults = project_gutenberg.GutenbergOptions()
    assert (defaults.base_url, defaults.wait_seconds, defaults.block) == ("https://www.gutenberg.org", 2.0, 100)


# -- what moves a version --------------------------------------------------------------------------------------------------


def moved(mirror: Mirror, asking: SourceContext, *after: Book) -> bool:
    """Whether the block's version changes when these books are what version v2 publishes."""
    gutenberg.publish(mirror, *after, version="v2")
    before = versions(project_gutenberg.discover(asking))
    mirror.version = "v2"
    return versions(project_gutenberg.discover(asking)) != before


@pytest.mark.parametrize(
    "change",
    [
        {"rights": gutenberg.COPYRIGHTED},
        {"rights": None},
        {"title": "The Ladder and the Lamp"},
        {"author": "Author, Second"},
        {"posted": "2026-01-01T00:00:00"},
        {"texts": {"84-0.txt": text("Another text altogether.", encoding="utf-8-sig")}},
        {"texts": {"84-0.txt": text(chapter(84), encoding="utf-8-sig"), "84.txt": text(plain(chapter(84)), encoding="ascii")}},
        {"record": None},
        {"languages": "en; fr"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_row_record_or_posting_moves_the_block(mirror, asking, change):
    gutenberg.publish(mirror, book(84))
    assert moved(mirror, asking, replace(book(84), **change))


def test_a_book_more_or_less_moves_the_block(mirror, asking):
    gutenberg.publish(mirror, book(84))
    assert moved(mirror, asking, book(84), book(85))


def test_download_counters_move_nothing(mirror, asking):
    gutenberg.publish(mirror, book(84, downloads=1))
    assert not moved(mirror, asking, book(84, downloads=2))


def test_another_block_stands_still(mirror, asking):
    gutenberg.publish(mirror, book(84), book(1342))
    gutenberg.publish(mirror, book(84, "Another text."), book(1342), version="v2")
    before = versions(project_gutenberg.discover(asking))
    mirror.version = "v2"
    after = versions(project_gutenberg.discover(asking))
    assert before["ebooks-000000"] != after["ebooks-000000"]
    assert before["ebooks-001300"] == after["ebooks-001300"]


def test_an_unreadable_record_moves_its_block_when_it_changes(mirror, asking):
    gutenberg.publish(mirror, book(84, record=b"<rdf"))
    assert moved(mirror, asking, book(84, record=b"<rdf:"))


# -- politeness ------------------------------------------------------------------------------------------------------------


def test_a_second_discovery_asks_only_whether_anything_changed(mirror, asking):
    gutenberg.publish(mirror, book(84), book(85))
    project_gutenberg.discover(asking)
    first = len(mirror.log)
    project_gutenberg.discover(asking)
    assert {entry.status for entry in mirror.log[first:]} == {304}
    assert paths(mirror)[first:] == [CATALOGUE, "/cache/epub/84/pg84.rdf", "/cache/epub/85/pg85.rdf"]


def test_for_many_books_the_archive_of_records_is_taken_and_gives_the_same_versions(mirror, asking, monkeypatch, tmp_path):
    gutenberg.publish(mirror, book(84), book(85), book(86, record=None), book(87, record=b"<broken"))
    one_by_one = versions(project_gutenberg.discover(asking))
    monkeypatch.setattr(project_gutenberg, "FEW", 3)
    other = context(tmp_path / "other", asking.options, source="project_gutenberg")
    asked = len(mirror.log)
    assert versions(project_gutenberg.discover(other)) == one_by_one
    assert versions(project_gutenberg.discover(other)) == one_by_one
    assert paths(mirror)[asked:] == [CATALOGUE, RECORDS] * 2
    assert [entry.status for entry in mirror.log[asked:]] == [200, 200, 304, 304]
    documents, _ = read(project_gutenberg, other, "ebooks-000000")
    assert "84/84-0.txt" in documents


def test_one_changed_book_is_the_only_one_downloaded_again(mirror, asking):
    gutenberg.publish(mirror, book(84), book(85))
    gutenberg.publish(mirror, book(84), book(85, "Another text."), version="v2")
    fetch(project_gutenberg, asking, "ebooks-000000")
    mirror.version = "v2"
    asked = len(mirror.log)
    files = fetch(project_gutenberg, asking, "ebooks-000000")
    assert [path for path in paths(mirror)[asked:] if path.endswith(".txt")] == ["/files/85/85-0.txt"]
    assert [file.path for file in files] == ["84/84-0.txt", "84/pg84.rdf", "85/85-0.txt", "85/pg85.rdf"]


def test_the_cache_may_be_deleted_between_discovery_and_fetch(mirror, asking):
    gutenberg.publish(mirror, book(84))
    upstream = project_gutenberg.discover(asking).partitions["ebooks-000000"]
    shutil.rmtree(asking.cache)
    asking.cache.mkdir()
    assert len(list(project_gutenberg.fetch(asking, "ebooks-000000", upstream))) == 2


def test_a_version_that_upstream_no_longer_has_is_an_error_with_a_next_step(mirror, asking):
    gutenberg.publish(mirror, book(84))
    with pytest.raises(PileError, match="moved on") as found:
        list(project_gutenberg.fetch(asking, "ebooks-000000", Upstream("0" * 64)))
    assert (found.value.source, found.value.partition) == ("project_gutenberg", "ebooks-000000")


def test_preference_signals_are_captured_with_the_text(mirror, asking):
    gutenberg.publish(mirror, book(84))
    words = book(84).texts["84-0.txt"]
    mirror.publish("/files/84/84-0.txt", words, headers={"TDM-Reservation": "1", "X-Robots-Tag": "noai"})
    (file,) = [file for file in fetch(project_gutenberg, asking, "ebooks-000000") if file.path.endswith(".txt")]
    assert file.capture["preferences"] == {"tdm-reservation": "1", "x-robots-tag": "noai"}
    assert file.url == "https://www.gutenberg.org/files/84/84-0.txt"
    assert file.capture["url"] == f"{mirror.url}/files/84/84-0.txt"


# -- a server that fails ---------------------------------------------------------------------------------------------------


def test_a_record_that_cannot_be_had_keeps_its_block_and_withdraws_nothing(mirror, asking):
    gutenberg.publish(mirror, book(84), book(184), book(284))
    mirror.fail("/cache/epub/184/pg184.rdf", *[Refuse(500)] * 2)
    found = project_gutenberg.discover(asking)
    assert sorted(found.partitions) == ["ebooks-000000", "ebooks-000200"]
    assert not found.complete
    assert "ebook 184" in found.notes[0]


def test_a_server_that_is_down_ends_the_discovery(mirror, asking):
    books = [book(number) for number in range(1, 9)]
    gutenberg.publish(mirror, *books)
    for number in range(1, 9):
        mirror.fail(f"/cache/epub/{number}/pg{number}.rdf", *[Refuse(503)] * 2)
    with pytest.raises(PileError, match="503") as found:
        project_gutenberg.discover(asking)
    assert found.value.source == "project_gutenberg"
    assert len([path for path in paths(mirror) if path.endswith(".rdf")]) == 3 * 2


def test_a_text_that_cannot_be_had_fails_its_partition_by_name(mirror, asking):
    gutenberg.publish(mirror, book(84))
    mirror.fail("/files/84/84-0.txt", Refuse(403))
    with pytest.raises(PileError, match="403") as found:
        fetch(project_gutenberg, asking, "ebooks-000000")
    place = found.value.source, found.value.partition, found.value.document
    assert place == ("project_gutenberg", "ebooks-000000", "84")


def test_a_text_shorter_than_its_record_says_is_asked_for_once_more(mirror, asking):
    gutenberg.publish(mirror, book(84))
    mirror.fail("/files/84/84-0.txt", WrongLength(-100))
    documents, _ = read(project_gutenberg, asking, "ebooks-000000")
    assert documents["84/84-0.txt"].text.strip().endswith("closed for the winter.")
    assert paths(mirror).count("/files/84/84-0.txt") == 2


def test_a_text_that_stays_short_yields_no_document(mirror, asking):
    gutenberg.publish(mirror, book(84, lengths={"84-0.txt": 1_000_000}))
    documents, skipped = read(project_gutenberg, asking, "ebooks-000000")
    assert documents == {}
    assert [(item.reason, item.problem) for item in skipped] == [("truncated", True), ("catalogue-record", False)]


def test_a_listed_text_that_is_not_there_is_a_problem_and_no_error(mirror, asking):
    gutenberg.publish(mirror, book(84), book(85))
    mirror.withdraw("/files/84/84-0.txt", version="v1")
    documents, skipped = read(project_gutenberg, asking, "ebooks-000000")
    assert list(documents) == ["85/85-0.txt"]
    assert [item.reason for item in skipped if item.problem] == ["text-missing"]
    assert "/files/84/84-0.txt" in skipped[1].detail


# -- documents -------------------------------------------------------------------------------------------------------------


def test_a_document_has_what_its_record_says_and_no_header_or_footer(mirror, asking):
    gutenberg.publish(mirror, book(84))
    documents, _ = read(project_gutenberg, asking, "ebooks-000000")
    (document,) = documents.values()
    assert document.native_id == document.raw_path == "84/84-0.txt"
    assert document.text == chapter(84) + "\n"
    assert document.title == "The Lamp and the Ladder"
    assert document.author == "Author, First"
    assert document.url == "https://www.gutenberg.org/files/84/84-0.txt"
    assert document.media_type == "text/plain"
    assert document.attribution is None


def test_three_encodings_of_one_book_are_three_documents(mirror, asking):
    words = "Déjà vu, said the ladder.\n\nThe café was closed."
    variants = {
        "84-0.txt": text(words, encoding="utf-8-sig"),
        "84-8.txt": text(words, encoding="cp1252"),
        "84.txt": text(plain(words), encoding="ascii"),
    }
    gutenberg.publish(mirror, Book(84, variants))
    documents, _ = read(project_gutenberg, asking, "ebooks-000000")
    assert list(documents) == ["84/84-0.txt", "84/84-8.txt", "84/84.txt"]
    assert documents["84/84-0.txt"].text == documents["84/84-8.txt"].text == words + "\n", "left to the duplicate step"
    assert documents["84/84.txt"].text == plain(words) + "\n"


def test_the_generated_text_is_taken_only_where_no_other_is_listed(mirror, asking):
    generated = text(chapter(84))
    gutenberg.publish(
        mirror, Book(84, {"pg84.txt": generated}), Book(85, {"85.txt": text("Plain.", encoding="ascii"), "pg85.txt": b""})
    )
    documents, _ = read(project_gutenberg, asking, "ebooks-000000")
    assert list(documents) == ["84/pg84.txt", "85/85.txt"]
    assert documents["84/pg84.txt"].url == "https://www.gutenberg.org/cache/epub/84/pg84.txt"


def test_the_record_decides_and_never_the_banner_in_the_text(mirror, asking):
    banner = "** This is a COPYRIGHTED Project Gutenberg eBook, Details Below **\n\n"
    gutenberg.publish(
        mirror,
        book(1),
        book(2, banner + chapter(2)),
        book(3, rights=gutenberg.COPYRIGHTED),
        book(4, rights="Public domain in Canada."),
        book(5, rights=None),
        book(6, record=None),
        book(7, rights="Not public domain in the USA."),
    )
    documents, _ = read(project_gutenberg, asking, "ebooks-000000")
    verdicts = {name.partition("/")[0]: document.verdict for name, document in documents.items()}
    assert {name: (verdict.accepted, verdict.status) for name, verdict in verdicts.items()} == {
        "1": (True, "resolved"),
        "2": (True, "resolved"),
        "3": (False, "resolved"),
        "4": (False, "unresolved"),
        "5": (False, "unresolved"),
        "6": (False, "unresolved"),
        "7": (False, "unresolved"),
    }
    assert verdicts["1"].rule == "gutenberg-rights:public-domain-us", "the jurisdiction is part of the rule"
    assert (verdicts["1"].spdx, verdicts["1"].family) == ("LicenseRef-PublicDomain-US", "public-domain")
    assert verdicts["1"].evidence[0].where == "1/pg1.rdf dcterms:rights"
    assert verdicts["6"].rule == "gutenberg-rights:no-record"
    assert all(verdict.reason for verdict in verdicts.values() if not verdict.accepted)


def test_two_rights_that_differ_are_a_conflict(mirror, asking):
    one = gutenberg.record(book(84)) or b""
    both = one.replace(b"</dcterms:rights>", b"</dcterms:rights><dcterms:rights>Copyrighted.</dcterms:rights>")
    gutenberg.publish(mirror, book(84, record=both))
    documents, _ = read(project_gutenberg, asking, "ebooks-000000")
    assert (documents["84/84-0.txt"].verdict.status, documents["84/84-0.txt"].verdict.accepted) == ("conflict", False)


def test_a_record_about_another_book_is_not_read(mirror, asking):
    gutenberg.publish(mirror, book(84, record=gutenberg.record(book(85))))
    documents, skipped = read(project_gutenberg, asking, "ebooks-000000")
    assert documents == {}
    assert [(item.reason, item.problem) for item in skipped] == [("unreadable-record", True)]


def test_every_raw_file_yields_something(mirror, asking):
    gutenberg.publish(mirror, book(1), book(2, record=None), book(3, record=b"<broken"), book(4))
    files = fetch(project_gutenberg, asking, "ebooks-000000")
    found = Counter(item.raw_path for item in project_gutenberg.documents(asking, "ebooks-000000", files))
    assert found.keys() == {file.path for file in files}


# -- real books ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(real_data, tmp_path_factory):
    """The real sample library, good and copyrighted books together, on the mirror in its real layout."""
    folders = [*(real_data / "gutenberg" / "files").iterdir(), *(real_data / "_negative/gutenberg-copyrighted/files").iterdir()]
    numbers = sorted(int(folder.name) for folder in folders)
    with Mirror() as mirror:
        rows = [Book(number, {}) for number in numbers]
        mirror.publish(CATALOGUE, gutenberg.catalogue(rows))
        for folder in folders:
            for file in folder.glob("*.txt"):
                mirror.publish(f"/files/{folder.name}/{file.name}", file)
            for file in folder.glob("*.rdf"):
                mirror.publish(f"/cache/epub/{folder.name}/{file.name}", file)
        options = gutenberg.options(mirror)
        asking = context(tmp_path_factory.mktemp("cache"), options, source="project_gutenberg", document_bytes=32 * MIB)
        documents, skipped = read(project_gutenberg, asking)
    return numbers, documents, skipped


def test_the_real_books_are_judged_by_their_records(real):
    numbers, documents, _ = real
    verdicts = {name: document.verdict for name, document in documents.items()}
    rejected = {name for name, verdict in verdicts.items() if not verdict.accepted and verdict.status == "resolved"}
    held = {name for name, verdict in verdicts.items() if verdict.status == "unresolved"}
    assert len(numbers) == 32
    assert rejected == {"5200/5200.txt", "6527/6527.txt"}, "6527 has no banner that says so"
    assert {verdicts[name].rule for name in held} == {"gutenberg-rights:no-record"}
    assert len(held) == 14
    assert len(verdicts) - len(held) - len(rejected) == 25


def test_nothing_but_the_missing_real_texts_is_a_problem(real):
    _, _, skipped = real
    assert [(item.raw_path, item.reason) for item in skipped if item.problem] == [("10900/pg10900.rdf", "text-missing")] * 2


def test_the_real_books_have_text_title_and_no_licence_of_the_publisher(real):
    _, documents, _ = real
    for name, document in documents.items():
        assert len(document.text) > 40_000, name
        assert "START: FULL LICENSE" not in document.text, name
        assert "END OF THIS PROJECT GUTENBERG" not in document.text.upper(), name
        assert "\r" not in document.text, name
        assert "\ufeff" not in document.text, name
    assert documents["84/84-0.txt"].title == "Frankenstein; Or, The Modern Prometheus"
    assert documents["84/84-0.txt"].author == "Shelley, Mary Wollstonecraft"
    assert "—" in documents["84/84-0.txt"].text, "UTF-8 with byte order mark"
    assert "£" in documents["345/345-8.txt"].text, "Latin-1"
