"""`pile find`: documents by whatever a person knows of them."""

import pytest

from pile_assets.console import inspecting
from pile_assets.inspection import find
from pile_assets_tests.commands import Pile
from pile_assets_tests.release import released


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Pile:
    made = released.corpus(tmp_path_factory.mktemp("library"))
    released.release(made)
    return Pile(made)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HTTP://example.ORG/minutes/2024", "papers:mixed/minutes"),
        ("doi:10.1234/MILL.table", "papers:mixed/table"),
        ("978-3-16-148410-0", "papers:mixed/book"),
        ("3-16-148410-X", "papers:mixed/book"),
        ("uber die brucke", "papers:mixed/shared"),
        ("ÜBER DIE", "papers:mixed/shared"),
        ("zoe müller", "papers:mixed/hostile"),
        ("papers:mixed/code", "papers:mixed/code"),
    ],
)
def test_a_document_is_found_by_what_a_person_knows(library: Pile, text: str, found: str) -> None:
    assert [one["id"] for one in library.ask("find", text)["documents"]] == [found]


def test_looking_by_one_thing_leaves_the_others_out(library: Pile) -> None:
    assert library.ask("find", "doi.org", "--by", "site")["total"] == 1
    assert library.ask("find", "https://www.example.org/anything", "--by", "site")["total"] == 13
    assert library.ask("find", "oi.org", "--by", "site")["total"] == 0
    assert library.ask("find", "council", "--by", "author")["total"] == 1
    assert library.ask("find", "council", "--by", "title")["total"] == 0
    assert library.ask("find", "no such", "--by", "isbn")["total"] == 0


def test_a_held_document_is_found_with_its_verdict(library: Pile) -> None:
    (one,) = library.ask("find", "uncredited")["documents"]
    assert (one["accepted"], one["licence"]) == (False, None)


def test_quotes_and_wildcards_are_only_text(library: Pile) -> None:
    for text in ("'; drop", "%", "_%_", '"', "\\"):
        assert library.run("find", text).exit_code == 0


def test_the_command_knows_every_way_to_look() -> None:
    assert inspecting.WAYS == find.WAYS
