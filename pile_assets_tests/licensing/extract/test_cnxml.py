"""What an OpenStax book declares, version by version."""

import pytest

from pile_assets.licensing import texts, verdict
from pile_assets.licensing.extract import cnxml
from pile_assets.licensing.model import Verdict
from pile_assets_tests.licensing import codes, real_files
from pile_assets_tests.licensing.extract import books
from pile_assets_tests.licensing.extract.books import BY, BY_NC_SA, HISTORY

MODULE = "modules/m1/index.cnxml"


@pytest.fixture(autouse=True)
def _planted(monkeypatch: pytest.MonkeyPatch):
    codes.plant(monkeypatch, **{"CC-BY-4.0": codes.ATTRIBUTION, "CC-BY-NC-SA-4.0": codes.NONCOMMERCIAL})
    yield
    texts.find.cache_clear()


def judged(files: dict[str, bytes]) -> Verdict:
    return verdict.decide(MODULE, cnxml.of_book(files))


def test_a_book_that_says_the_same_everywhere_is_accepted():
    given = judged(HISTORY["2025-12"])
    assert (given.accepted, given.spdx) == (True, "CC-BY-4.0")
    assert [claim.where for claim in given.evidence] == [
        "LICENSE",
        "README.md License",
        "collections/bread.collection.xml md:license",
    ]


def test_a_book_goes_from_open_over_conflicting_to_noncommercial():
    verdicts = {version: judged(files) for version, files in HISTORY.items()}
    assert [(given.status, given.accepted) for given in verdicts.values()] == [
        ("resolved", True),
        ("conflict", False),
        ("resolved", False),
    ]
    assert "CC-BY-NC-SA-4.0 (LICENSE) against" in (verdicts["2026-03"].reason or "")
    assert verdicts["2026-05"].spdx == "CC-BY-NC-SA-4.0"


def test_reading_the_collection_alone_would_have_let_the_conflicting_version_in():
    blind = {path: content for path, content in HISTORY["2026-03"].items() if path.startswith(("collections/", "modules/"))}
    assert judged(blind).accepted


@pytest.mark.parametrize("path", ["LICENSE", "README.md", "collections/bread.collection.xml"])
def test_each_of_the_three_places_alone_takes_the_book_out(path):
    one = {**HISTORY["2025-12"], path: HISTORY["2026-05"][path]}
    assert not judged(one).accepted


def test_a_module_with_a_licence_of_its_own_does_not_get_away_from_the_books():
    own = books.MODULE.replace(b"</md:title>", f'</md:title><md:license url="{BY}"/>'.encode())
    assert not judged({**HISTORY["2026-05"], MODULE: own}).accepted
    restricted = own.replace(BY.encode(), BY_NC_SA.encode())
    assert not judged({**HISTORY["2025-12"], MODULE: restricted}).accepted
    assert verdict.decide("modules/m2/index.cnxml", cnxml.of_book({**HISTORY["2025-12"], MODULE: restricted})).accepted


@pytest.mark.parametrize("words", [None, "Creative Commons Attribution License"])
def test_the_element_may_be_empty_or_broken_over_lines(words):
    assert judged({"collections/b.collection.xml": books.collection(BY, words)}).spdx == "CC-BY-4.0"


def test_words_that_contradict_the_address_are_no_licence():
    mixed = books.collection(BY, "Creative Commons Attribution-NonCommercial License")
    assert not judged({"collections/b.collection.xml": mixed}).accepted


@pytest.mark.parametrize(
    "content",
    [b"", b"<not xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', books.collection("", ""), books.collection("see README")],
)
def test_a_collection_that_cannot_be_read_blocks_the_book(content):
    assert not judged({**HISTORY["2025-12"], "collections/bread.collection.xml": content}).accepted


def test_a_book_without_any_statement_is_held():
    assert judged({MODULE: books.MODULE}).reason == "No licence statement covers this file."


def test_licence_files_in_folders_and_of_other_names_say_nothing_of_the_book():
    assert cnxml.of_book({"media/LICENSE": b"anything", "modules/LICENSE.md": b"anything"}) == ()


def test_the_real_book_goes_the_same_way():
    after = real_files.of("negative")
    versions = [
        real_files.of("openstax")["openstax/us-history/2025-12-04/us-history-2025-12-04.tar.gz"],
        after["_negative/openstax-licence-flip/us-history-2026-03-23-CONFLICT.tar.gz"],
        after["_negative/openstax-licence-flip/us-history-2026-05-05-NC.tar.gz"],
    ]
    found = [judged(real_files.inside(version)) for version in versions]
    assert [(given.status, given.accepted, given.spdx) for given in found] == [
        ("resolved", True, "CC-BY-4.0"),
        ("conflict", False, None),
        ("resolved", False, "CC-BY-NC-SA-4.0"),
    ]
