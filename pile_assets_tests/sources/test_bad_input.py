"""Bad input at the level of a source: an error or a counted problem that names its place and the next step, and the
rest going on. Each case is planted in a collection that is otherwise good.
"""

import gzip
import tarfile
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from pile_assets.errors import Quarantine
from pile_assets.sources import project_gutenberg, python_peps
from pile_assets.sources.formats import gutenberg_catalogue
from pile_assets.sources.model import RawFile, Skipped
from pile_assets_tests.mirror import gutenberg, peps
from pile_assets_tests.mirror.asking import MIB, context, fetch, read, versions
from pile_assets_tests.mirror.gutenberg import Book, chapter, text
from pile_assets_tests.mirror.server import Mirror
from pile_assets_tests.sources.test_bad_input_texts import LAUGHS

ONE, TWO = peps.commit(1), peps.commit(2)
GOOD = {"peps/pep-0001.rst": peps.pep(1), "peps/pep-0101.rst": peps.pep(101)}
HUGE = 200 * MIB


@pytest.fixture
def mirror():
    with Mirror() as running:
        yield running


@pytest.fixture
def pep_asking(mirror, tmp_path):
    return context(tmp_path / "peps", peps.options(mirror), source="python_peps")


@pytest.fixture
def book_asking(mirror, tmp_path):
    return context(tmp_path / "books", gutenberg.options(mirror), source="project_gutenberg")


def book(number: int, **more) -> Book:
    return Book(number, {f"{number}-0.txt": text(chapter(number))}, **more)


def huge_archive(path: Path) -> None:
    """A small file that unpacks to a repository with one proposal of 200 MB, without ever having it in memory."""
    with gzip.open(path, "wb", compresslevel=1) as packed, tarfile.open(fileobj=packed, mode="w|") as tar:
        for name, size in (("peps/pep-0001.rst", HUGE), ("peps/pep-0002.rst", 5)):
            info = tarfile.TarInfo(f"peps-{ONE}/{name}")
            info.size = size
            tar.addfile(info, _Letters())


class _Letters:
    """As many letters as are asked for."""

    def read(self, size: int = -1, /) -> bytes:
        return b"x" * size


# -- the archive of a repository -------------------------------------------------------------------------------------------


def bad_archives() -> dict[str, bytes]:
    good = peps.archive(GOOD, f"peps-{ONE}")
    return {
        "truncated": good[: len(good) // 2],
        "zero-byte": b"",
        "not-an-archive": b"<html>Service unavailable</html>",
        "path-traversal": peps.archive({**GOOD, "../../../outside": "planted"}, f"peps-{ONE}"),
        "absolute-name": peps.archive({**GOOD, "peps/pep-0002.rst": "x"}, "/peps"),
        "no-peps": peps.archive({"README.rst": "moved"}, f"peps-{ONE}"),
        "one-pep-in-two-folders": peps.archive({**GOOD, "pep-0001.rst": "x"}, f"peps-{ONE}"),
    }


@pytest.mark.parametrize("case", sorted(bad_archives()))
def test_a_bad_archive_is_named_and_leaves_nothing_behind(mirror, pep_asking, tmp_path, case):
    peps.publish(mirror, ONE, bad_archives()[case])
    with pytest.raises(Quarantine) as found:
        python_peps.discover(pep_asking)
    assert found.value.source == "python_peps"
    assert found.value.cause
    assert found.value.remedy
    assert "python_peps" in str(found.value)
    assert "Next:" in str(found.value)
    assert list(pep_asking.cache.glob("snapshot-*")) == []
    assert list(pep_asking.cache.glob("arriving-*")) == []
    assert list(tmp_path.rglob("outside")) == []


@pytest.mark.parametrize("case", sorted(bad_archives()))
def test_after_a_bad_archive_the_next_commit_is_taken(mirror, pep_asking, case):
    peps.publish(mirror, ONE, bad_archives()[case])
    peps.publish(mirror, TWO, GOOD, version="v2")
    with pytest.raises(Quarantine):
        python_peps.discover(pep_asking)
    mirror.version = "v2"
    assert sorted(versions(python_peps.discover(pep_asking))) == ["pep-0000", "pep-0100"]


def test_a_bad_archive_mended_under_the_same_commit_is_taken_too(mirror, pep_asking):
    peps.publish(mirror, ONE, bad_archives()["truncated"])
    with pytest.raises(Quarantine):
        python_peps.discover(pep_asking)
    peps.publish(mirror, ONE, GOOD)
    assert sorted(versions(python_peps.discover(pep_asking))) == ["pep-0000", "pep-0100"]


def test_while_the_new_archive_is_bad_the_last_snapshot_can_still_be_fetched(mirror, pep_asking):
    peps.publish(mirror, ONE, GOOD)
    peps.publish(mirror, TWO, bad_archives()["path-traversal"], version="v2")
    upstream = python_peps.discover(pep_asking).partitions["pep-0100"]
    mirror.version = "v2"
    with pytest.raises(Quarantine):
        python_peps.discover(pep_asking)
    assert [file.path for file in python_peps.fetch(pep_asking, "pep-0100", upstream)] == ["pep-0101.rst"]


def test_an_archive_that_unpacks_without_end_stops_at_its_bound(mirror, pep_asking, monkeypatch):
    monkeypatch.setattr(python_peps, "UNPACKED", replace(python_peps.UNPACKED, total=MIB))
    peps.publish(mirror, ONE, peps.archive({**GOOD, "zeros": bytes(4 * MIB)}, "root"))
    with pytest.raises(Quarantine, match="unpacks to more than"):
        python_peps.discover(pep_asking)


# -- single proposals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (peps.pep(2, title="Déjà vu").encode("latin-1"), "wrong-encoding"),
        (peps.pep(2).encode("utf-16"), "wrong-encoding"),
        (b"\x00\x01\x02", "wrong-encoding"),
        (b"No header at all.\n", "no-header"),
        (b"=====\nTitle\n=====\n", "no-header"),
    ],
)
def test_one_bad_proposal_is_counted_and_the_others_go_on(mirror, pep_asking, content, reason):
    peps.publish(mirror, ONE, {**GOOD, "peps/pep-0002.rst": content})
    documents, (skipped,) = read(python_peps, pep_asking)
    assert sorted(documents) == ["pep-0001", "pep-0101"]
    assert (skipped.raw_path, skipped.reason, skipped.problem) == ("pep-0002.rst", reason, True)
    assert "Next:" in skipped.detail


def test_a_proposal_of_200_mb_is_skipped_without_being_read_as_text(mirror, pep_asking, tmp_path):
    huge_archive(tmp_path / "huge.tar.gz")
    peps.publish(mirror, ONE, (tmp_path / "huge.tar.gz").read_bytes())
    files = fetch(python_peps, pep_asking, "pep-0000")
    assert [len(file.content) for file in files] == [HUGE, 5]
    tracemalloc.start()
    try:
        found = list(python_peps.documents(pep_asking, "pep-0000", files))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    skipped = [item for item in found if isinstance(item, Skipped)]
    assert [(item.raw_path, item.reason) for item in skipped] == [("pep-0001.rst", "too-large"), ("pep-0002.rst", "no-header")]
    assert str(HUGE) in skipped[0].detail
    assert peak < MIB


# -- the catalogue of a library --------------------------------------------------------------------------------------------


def bad_catalogues() -> dict[str, bytes]:
    good = gutenberg.catalogue([book(number) for number in range(1, 400)])
    header = b"Text#,Type,Issued,Title,Language,Authors,Subjects,LoCC,Bookshelves\r\n"
    return {
        "truncated": good[: len(good) // 2],
        "zero-byte": b"",
        "not-gzip": b"<html>Blocked</html>",
        "no-columns": gzip.compress(b"a,b\n1,2\n"),
        "empty": gzip.compress(b""),
        "short-row": gzip.compress(header + b"84,Text\r\n"),
        "no-number": gzip.compress(header + b"x,Text,,,en,,,,\r\n"),
        "wrong-encoding": gzip.compress(header + b"84,Text,,D\xe9j\xe0,en,,,,\r\n"),
        "endless-field": gzip.compress(header + b'84,Text,,"' + b"x" * 200_000),
    }


@pytest.mark.parametrize("case", sorted(bad_catalogues()))
def test_a_bad_catalogue_withdraws_nothing_and_is_named(mirror, book_asking, case):
    gutenberg.publish(mirror, book(84))
    mirror.publish(project_gutenberg.CATALOGUE, bad_catalogues()[case])
    with pytest.raises(Quarantine, match="catalogue") as found:
        project_gutenberg.discover(book_asking)
    assert found.value.source == "project_gutenberg"
    assert "nothing is withdrawn" in found.value.remedy


def test_a_catalogue_that_unpacks_without_end_stops_at_its_bound(mirror, book_asking, monkeypatch):
    monkeypatch.setattr(gutenberg_catalogue, "LARGEST", 1_000)
    gutenberg.publish(mirror, *(book(number) for number in range(1, 100)))
    with pytest.raises(Quarantine, match="unpacks to more than 1000 bytes"):
        project_gutenberg.discover(book_asking)


@pytest.mark.parametrize("damage", [lambda packed: packed[:-20], lambda packed: b"", lambda packed: b"<html>"])
def test_a_bad_archive_of_records_is_named(mirror, book_asking, monkeypatch, damage):
    monkeypatch.setattr(project_gutenberg, "FEW", 0)
    gutenberg.publish(mirror, book(84))
    mirror.publish(project_gutenberg.RECORDS, damage(gutenberg.records([book(84)])))
    with pytest.raises(Quarantine, match="archive") as found:
        project_gutenberg.discover(book_asking)
    assert found.value.source == "project_gutenberg"


# -- single books ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        LAUGHS,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        LAUGHS.decode().encode("utf-16"),
        b"<rdf:RDF",
        b"<html/>",
        b" ",
    ],
    ids=["entity-bomb", "external-entity", "bomb-in-utf-16", "cut-off", "another-format", "blank"],
)
def test_a_bad_record_keeps_its_book_out_and_the_others_go_on(mirror, book_asking, record):
    gutenberg.publish(mirror, book(84, record=record), book(85))
    documents, skipped = read(project_gutenberg, book_asking)
    assert list(documents) == ["85/85-0.txt"]
    (problem,) = [item for item in skipped if item.problem]
    assert (problem.raw_path, problem.reason) == ("84/pg84.rdf", "unreadable-record")
    assert "Next:" in problem.detail
    assert "root:" not in problem.detail


@pytest.mark.parametrize("few", [0, 200], ids=["from-the-archive", "one-by-one"])
def test_a_record_of_5_mb_is_as_good_as_none(mirror, book_asking, monkeypatch, few):
    monkeypatch.setattr(project_gutenberg, "FEW", few)
    gutenberg.publish(mirror, book(84, record=b"<a>" + b"x" * 5 * MIB), book(85))
    documents, _ = read(project_gutenberg, book_asking)
    assert documents["85/85-0.txt"].verdict.accepted
    assert documents["84/84-0.txt"].verdict.rule == "gutenberg-rights:no-record"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (text(""), "empty"),
        (text("Déjà vu.", encoding="cp1252", declared="UTF-8"), "wrong-encoding"),
        (text(chapter(84), encoding="utf-16"), "wrong-encoding"),
        (b"PK\x03\x04" + bytes(100), "wrong-encoding"),
    ],
    ids=["zero-byte", "blank", "nothing-inside", "mislabelled", "utf-16", "binary"],
)
def test_a_bad_text_is_counted_and_the_others_go_on(mirror, book_asking, words, reason):
    gutenberg.publish(mirror, Book(84, {"84-0.txt": words}), book(85))
    documents, skipped = read(project_gutenberg, book_asking)
    assert list(documents) == ["85/85-0.txt"]
    (problem,) = [item for item in skipped if item.problem]
    assert (problem.raw_path, problem.reason) == ("84/84-0.txt", reason)
    assert "Next:" in problem.detail


def test_a_text_of_200_mb_is_not_even_downloaded_where_the_record_says_so(mirror, book_asking):
    gutenberg.publish(mirror, book(84, lengths={"84-0.txt": HUGE}), book(85))
    documents, skipped = read(project_gutenberg, book_asking)
    assert list(documents) == ["85/85-0.txt"]
    assert [(item.raw_path, item.reason) for item in skipped if item.problem] == [("84/pg84.rdf", "too-large")]
    assert mirror.asked("/files/84/84-0.txt") == []


def test_a_text_of_200_mb_is_skipped_without_being_read_as_text(book_asking):
    record = gutenberg.record(book(84)) or b""
    files = [
        RawFile("84/84-0.txt", "https://www.gutenberg.org/files/84/84-0.txt", b"x" * HUGE),
        RawFile("84/pg84.rdf", "https://www.gutenberg.org/cache/epub/84/pg84.rdf", record),
    ]
    tracemalloc.start()
    try:
        first, second = project_gutenberg.documents(book_asking, "ebooks-000000", files)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(first, Skipped)
    assert (first.raw_path, first.reason, first.problem) == ("84/84-0.txt", "too-large", True)
    assert isinstance(second, Skipped)
    assert peak < MIB
