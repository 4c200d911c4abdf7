"""A publisher relicenses what it had published: written down, shown, and held until a reviewer has looked."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pile_assets import sources
from pile_assets.build import BuildReport, build
from pile_assets.errors import PileError
from pile_assets.review.changes import Accepted, Changes, compare
from pile_assets.store import Store, canonical
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, document, prose
from pile_assets_tests.licensing import real_files
from pile_assets_tests.licensing.extract import books
from pile_assets_tests.test_build import rows, shard_bytes

CONNECTOR = '''
"""A book as a folder of files, judged by everything the book declares: stands in for a connector of textbooks."""
import hashlib
import re
from pathlib import Path
from pile_assets.licensing.extract import cnxml
from pile_assets.licensing.verdict import decide
from pile_assets.sources.model import Discovery, Document, RawFile, Skipped, Upstream
from pile_assets.sources.options import Options

VERSION, LIBRARIES, HOST, OPTIONS = "1", (), None, Options

def _files(context):
    folder = Path(context.cache).parents[3] / "book"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

def discover(context):
    whole = hashlib.sha256(repr(sorted(_files(context).items())).encode()).hexdigest()
    return Discovery({"book": Upstream(whole)})

def fetch(context, partition, upstream):
    for path, content in _files(context).items():
        yield RawFile(path, f"https://books.example.org/{path}", content)

def documents(context, partition, raw):
    files = {file.path: file for file in raw}
    claims = cnxml.of_book({path: file.content for path, file in files.items()})
    for path, file in files.items():
        if not path.endswith(".cnxml"):
            yield Skipped(path, "no-module")
            continue
        text = re.sub("<[^>]+>", "", file.content.decode("utf-8", "replace"))
        sha256 = hashlib.sha256(file.content).hexdigest()
        yield Document(path, file.url, "text/plain", text, decide(path, claims), path, sha256, author="A. Miller")
'''


def declared(*addresses: str) -> dict[str, bytes]:
    """A book whose collections declare these licences, one each."""
    collections = {f"collections/{n}.collection.xml": books.collection(a, books.NAMES[a]) for n, a in enumerate(addresses)}
    return collections | {"modules/m1/index.cnxml": books.MODULE}


OPEN = declared(books.BY, books.BY)
TWO_THINGS = declared(books.BY, books.BY_NC_SA)
CLOSED = declared(books.BY_NC_SA, books.BY_NC_SA)


@pytest.fixture
def textbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "connectors").mkdir()
    (tmp_path / "connectors" / "textbook_for_tests.py").write_text(CONNECTOR)
    monkeypatch.setattr(sources, "__path__", [*sources.__path__, str(tmp_path / "connectors")])
    corpus = Corpus(tmp_path, ())
    corpus.add_source("textbooks", 0, connector="textbook_for_tests", options={}, domain="education")
    return corpus


def put(corpus: Corpus, files: Mapping[str, bytes]) -> None:
    """The book as it stands now; every module gets enough prose to be kept."""
    for path, content in files.items():
        target = corpus.root / "book" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.replace(b"older than the oven.", prose("bread", 300).encode()))


def run(corpus: Corpus) -> BuildReport:
    return build(corpus.deployment.open())


def test_a_book_goes_open_then_says_two_things_then_is_noncommercial(textbook: Corpus) -> None:
    put(textbook, OPEN)
    assert not run(textbook).quarantined
    first = shard_bytes(textbook)
    assert set(rows(textbook)["licence"]) == {"CC-BY-4.0"}

    for version, became in ((TWO_THINGS, "no licence (conflict)"), (CLOSED, "CC-BY-NC-SA-4.0")):
        put(textbook, version)
        report = run(textbook)
        (held,) = report.quarantined
        assert f"from CC-BY-4.0 (1) to {became} (1)" in held.cause
        assert "pile review accept textbooks book" in held.remedy
        assert shard_bytes(textbook) == first
        assert not run(textbook).quarantined  # not tried again until something changes
    events = Changes(textbook.deployment.open().view.store).all()
    assert [sorted(event.after) for event in events] == [["no licence (conflict)"], ["CC-BY-NC-SA-4.0"]]
    assert all(event.holds and event.accepted is None for event in events)


def test_what_waits_is_shown_and_a_reviewers_word_lets_the_new_version_in(textbook: Corpus) -> None:
    put(textbook, OPEN)
    run(textbook)
    put(textbook, CLOSED)
    run(textbook)
    pile = Pile(textbook)
    assert "held" in pile.run("review", "changes").stdout
    (shown,) = [note for source in pile.ask("status")["sources"] for note in source["quarantined"]]
    assert "The publisher has changed the licence of 1 of 1 documents" in shown["cause"]

    pile.ask("review", "accept", "textbooks", "book", "--by", "role:desk", "--reason", "It is theirs to change.")
    assert not run(textbook).quarantined
    assert rows(textbook).height == 0  # NonCommercial is refused like any other
    assert pile.ask("review", "changes")[0]["accepted"]["by"] == "role:desk"
    assert (
        "No change of licence holds"
        in pile.ask("review", "accept", "textbooks", "book", "--by", "x", "--reason", "y", exit_code=1)["error"]["cause"]
    )


def test_the_real_book_is_held_at_each_of_its_turns(textbook: Corpus) -> None:
    packed = real_files.of("openstax")
    turns = real_files.of("negative")
    versions = [
        next(content for name, content in packed.items() if "us-history-2025-12-04" in name),
        next(content for name, content in turns.items() if "2026-03-23-CONFLICT" in name),
        next(content for name, content in turns.items() if "2026-05-05-NC" in name),
    ]
    few = [{p: c for p, c in real_files.inside(v).items() if _few(p)} for v in versions]
    put(textbook, few[0])
    assert not run(textbook).quarantined
    before = set(rows(textbook)["licence"])
    assert before == {"CC-BY-4.0"}
    for version, became in zip(few[1:], ("no licence (conflict)", "CC-BY-NC-SA-4.0"), strict=True):
        put(textbook, version)
        (held,) = run(textbook).quarantined
        assert became in held.cause
        assert set(rows(textbook)["licence"]) == before


def _few(path: str) -> bool:
    """The declarations, and of the modules a handful: the test is about licences."""
    return not path.startswith("modules/") or path.split("/")[1][-1] == "1"


@pytest.mark.parametrize("forecast", [False, True])
def test_one_document_of_many_is_noted_and_holds_nothing(tmp_path: Path, forecast: bool) -> None:
    """Also where a forecast has computed the new documents already."""
    corpus = Corpus(tmp_path)
    lines = [document(f"d{i}", licence="CC-BY-4.0", author="A") for i in range(5)]
    corpus.publish("fables", "one", lines)
    run(corpus)
    corpus.publish("fables", "one", [document("d0", licence="CC-BY-SA-4.0", author="A"), *lines[1:]])
    if forecast:
        build(corpus.deployment.open(rehearse=True))
    assert not run(corpus).quarantined
    (event,) = Changes(corpus.deployment.open().view.store).all()
    assert (event.documents, event.of, event.holds) == (1, 5, False)
    assert "CC-BY-SA-4.0" in set(rows(corpus)["licence"])


def test_a_source_with_one_licence_for_all_is_held_at_the_first_document(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    licence = {"raw": "CC BY 4.0", "spdx": "CC-BY-4.0", "granularity": "source"}
    corpus.add_source("fables", 0, licence=licence)
    lines = [document(f"d{i}", licence="CC-BY-4.0", author="A") for i in range(5)]
    corpus.publish("fables", "one", lines)
    run(corpus)
    corpus.publish("fables", "one", [document("d0", licence="CC-BY-SA-4.0", author="A"), *lines[1:]])
    assert len(run(corpus).quarantined) == 1


def test_a_record_that_names_another_licence_waits_for_a_new_review(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    corpus.publish("fables", "one", [document("d")])
    run(corpus)
    licence = {"raw": "CC BY", "spdx": "CC-BY-4.0", "granularity": "document"}
    corpus.add_source("fables", 0, licence=licence)
    for _ in range(2):  # also at the next look
        session = corpus.deployment.open()
        assert "fables" in session.sources.frozen
        assert "names the licence CC-BY-4.0 where it named NOASSERTION" in session.sources.refused["fables"]
    assert "held" in Pile(corpus).run("review", "changes").stdout
    review = session.registry.records["fables"].review.model_dump(mode="json") | {"on": "2026-11-24"}
    corpus.add_source("fables", 0, licence=licence, review=review)
    assert "fables" in corpus.deployment.open().sources.running


def test_a_better_statement_is_no_relicensing(tmp_path: Path) -> None:
    """What was held and is open now takes nothing from anybody."""
    corpus = Corpus(tmp_path)
    corpus.publish("fables", "one", [document("d", licence="ask us")])
    run(corpus)
    corpus.publish("fables", "one", [document("d", licence="CC0-1.0")])
    assert not run(corpus).quarantined
    assert Changes(corpus.deployment.open().view.store).all() == []


def test_a_forecast_holds_it_too_and_writes_nothing_down(textbook: Corpus) -> None:
    put(textbook, OPEN)
    run(textbook)
    put(textbook, CLOSED)
    assert len(build(textbook.deployment.open(rehearse=True)).quarantined) == 1
    assert Changes(textbook.deployment.open().view.store).all() == []


def relicensed(corpus: Corpus, licence: str) -> BuildReport:
    """A build after the one document of a partition came under this licence."""
    corpus.publish("fables", "one", [document("d", licence=licence, author="A")])
    return run(corpus)


def accept(corpus: Corpus) -> None:
    Changes(corpus.deployment.open().view.store).accept(
        "fables", "one", Accepted("role:desk", "Theirs to change.", "2026-11-24")
    )


def test_turning_back_is_a_change_too_whatever_is_remembered_of_the_earlier_version(tmp_path: Path) -> None:
    corpus = Corpus(tmp_path)
    relicensed(corpus, "MIT")
    relicensed(corpus, "CC-BY-4.0")
    accept(corpus)
    assert not run(corpus).quarantined
    (held,) = relicensed(corpus, "MIT").quarantined
    assert "from CC-BY-4.0 (1) to MIT (1)" in held.cause
    assert set(rows(corpus)["licence"]) == {"CC-BY-4.0"}
    accept(corpus)
    assert not run(corpus).quarantined
    assert set(rows(corpus)["licence"]) == {"MIT"}
    assert not relicensed(corpus, "CC-BY-4.0").quarantined  # the very change that a reviewer has accepted


def test_a_reviewers_word_is_on_the_change_that_waits_now(tmp_path: Path) -> None:
    """MIT, then two others in turn, then the first of them again: what is accepted is the last."""
    corpus = Corpus(tmp_path)
    relicensed(corpus, "MIT")
    for licence in ("CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-4.0"):
        assert len(relicensed(corpus, licence).quarantined) == 1
    accept(corpus)
    assert not run(corpus).quarantined
    assert set(rows(corpus)["licence"]) == {"CC-BY-4.0"}


def test_a_reviewers_word_that_was_killed_half_way_can_be_said_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(tmp_path)
    relicensed(corpus, "MIT")
    relicensed(corpus, "CC-BY-4.0")
    with monkeypatch.context() as patched:
        patched.setattr(Store, "clear_quarantine", lambda self, address: None)
        accept(corpus)
    run(corpus)
    assert set(rows(corpus)["licence"]) == {"MIT"}
    accept(corpus)
    run(corpus)
    assert set(rows(corpus)["licence"]) == {"CC-BY-4.0"}
    with pytest.raises(PileError, match="No change of licence holds"):
        accept(corpus)


# -- the comparison ------------------------------------------------------------------------------------------------

LICENCES = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["MIT", "CC0-1.0", "ask us"]), max_size=6)


@given(LICENCES, LICENCES)
def test_exactly_the_accepted_documents_with_another_declaration_are_changed(
    before: dict[str, str], after: dict[str, str]
) -> None:
    open_ = {name for name, licence in before.items() if licence != "ask us"}
    _, _, changed, common = compare([frame(before)], [frame(after)])
    assert changed == sorted(name for name in open_ & after.keys() if before[name] != after[name])
    assert common == len(open_ & after.keys())


def frame(licences: dict[str, str]) -> pl.DataFrame:
    """Document rows that declare these licences."""
    found = []
    for name, licence in licences.items():
        spdx, status = (None, "unresolved") if licence == "ask us" else (licence, "resolved")
        claim = {"kind": "whole", "scope": "", "raw": licence, "who": "host", "where": "x", "sha256": "", "rule": "spdx"}
        evidence = canonical([claim | {"spdx": spdx, "status": status}]).decode()
        found.append((name, spdx is not None, spdx, status, "spdx", None, evidence))
    schema = ["id", "accepted", "licence", "licence_status", "licence_rule", "licence_reason", "licence_evidence"]
    return pl.DataFrame(found, schema=schema, orient="row")
