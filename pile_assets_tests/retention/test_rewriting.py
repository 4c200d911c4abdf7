"""A release that is written anew is the release without the documents, whole by every check, and no byte of them is left."""

import json
import shutil
from typing import Any

import polars as pl
import pytest

from pile_assets.build import build
from pile_assets.inspection.verify import verify
from pile_assets.release import attribution, check_cards, history, judges, layout
from pile_assets.retention import rewriting
from pile_assets.store import Store
from pile_assets.withdrawal import purge
from pile_assets.withdrawal.purge import Purged
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import Corpus, prose
from pile_assets_tests.release import released
from pile_assets_tests.retention.published import (
    GONE,
    LATER,
    contents,
    directories,
    documents,
    grant,
    ids,
    problems,
    purged,
    rewriting_of,
)
from pile_assets_tests.test_cli_takedown import files_with
from pile_assets_tests.withdrawal.requests import add

# -- what it is ----------------------------------------------------------------------------------------------------


def test_both_releases_are_written_anew_and_nothing_of_the_text_is_left_anywhere(corpus: Corpus) -> None:
    before = directories(corpus)
    assert len(before) == 2
    assert list(files_with(corpus.home, released.SECRET))
    grant(corpus, 1, GONE)
    done = purged(corpus)
    assert done.erased.rewritten.keys() == before.keys()
    assert (done.erased.releases, done.erased.refused) == ([], {})
    assert list(files_with(corpus.home, released.SECRET)) == []
    assert list(files_with(corpus.home, prose("hostile").splitlines()[2])) == []
    after = directories(corpus)
    assert after.keys() >= set(done.erased.rewritten.values())
    assert not after.keys() & before.keys()
    assert verify(Store(corpus.home)).problems == ()


def test_only_the_part_file_that_held_it_is_another_and_all_other_documents_stay(corpus: Corpus) -> None:
    before = directories(corpus)
    grant(corpus, 1, GONE)
    rewritten, after = purged(corpus).erased.rewritten, directories(corpus)
    for old, new in rewritten.items():
        was, now = documents(before[old]), documents(after[new])
        held = {name for name, content in was.items() if GONE in ids(content)}
        assert len(held) == 1
        assert {name: content for name, content in now.items() if name in was} == {
            name: content for name, content in was.items() if name not in held
        }
        assert set().union(*map(ids, now.values())) == set().union(*map(ids, was.values())) - {GONE}


def test_it_says_what_it_replaces_and_counts_what_remains(corpus: Corpus) -> None:
    before = directories(corpus)
    grant(corpus, 1, GONE)
    rewritten, after = purged(corpus).erased.rewritten, directories(corpus)
    for old, new in rewritten.items():
        was, now = (json.loads(files[layout.COMPOSITION]) for files in (before[old], after[new]))
        manifest = json.loads(after[new][layout.MANIFEST])
        assert (manifest["id"], manifest["replaces"]) == (new, old)
        assert manifest == json.loads((corpus.home / "releases" / f"{new}.json").read_bytes())
        (stone,) = manifest["withdrawn"]["tombstones"]
        assert (stone["takedown"], stone["source"], stone["last_release"]) == ("TD-2026-0001", "papers", old)
        assert "hostile" not in json.dumps(manifest)
        assert now["documents"] == was["documents"] - 1
        languages = {code: one["docs"] for code, one in was["by"]["language"].items()}
        assert {code: one["docs"] for code, one in now["by"]["language"].items()} == languages | {"en": languages["en"] - 1}
        assert f"It replaces release `{old}`" in after[new][layout.CARD].decode()
        assert f"From release `{old}` to `{new}`.\n\nIt is that release" in after[new][layout.CHANGES].decode()


def test_a_licence_that_nothing_is_under_any_more_leaves_with_its_text(corpus: Corpus) -> None:
    grant(corpus, 1, "papers:mixed/table")
    rewritten, after = purged(corpus).erased.rewritten, directories(corpus)
    for new in rewritten.values():
        assert "LICENSES/ODbL-1.0.txt" not in after[new]
        assert "database" not in {name.partition("/")[0] for name in after[new]}
        assert problems(corpus.home / "releases" / new) == []


def test_the_checks_and_the_judges_have_nothing_against_it(corpus: Corpus) -> None:
    grant(corpus, 1, GONE)
    for new in purged(corpus).erased.rewritten.values():
        root = corpus.home / "releases" / new
        assert problems(root) == []
        for name, judge in judges.JUDGES.items():
            if program := judges.find(name):
                assert list(judge(root, program)) == [], name


def test_history_keeps_the_order_and_says_which_release_replaced_which(corpus: Corpus) -> None:
    first, second = (one.id for one in history.read(Store(corpus.home)))
    grant(corpus, 1, GONE)
    rewritten = purged(corpus).erased.rewritten
    known = history.read(Store(corpus.home))
    assert [one.id for one in known][:4] == [first, rewritten[first], second, rewritten[second]]
    assert [(one.files, one.replaces, one.because) for one in known[:2]] == [
        (False, None, ("TD-2026-0001",)),
        (True, first, ()),
    ]
    assert (corpus.home / "releases" / f"{first}.json").exists()
    assert [one.version for one in known if one.replaces] == ["2026.11.3", "2026.11.4"]
    pile = Pile(corpus)
    assert pile.ask("takedown", "show", "TD-2026-0001")["releases"] == rewritten
    assert {one["id"]: one["replaces"] for one in pile.ask("release", "list") if one["replaces"]} == {
        new: old for old, new in rewritten.items()
    }
    assert not build(corpus.deployment.open(today=LATER), discover=False).failed
    assert json.loads((corpus.home / "releases" / "latest.json").read_bytes())["withdrawn"]["replaced"] == rewritten


# -- again ----------------------------------------------------------------------------------------


def test_a_purge_that_is_done_does_nothing_again(corpus: Corpus) -> None:
    grant(corpus, 1, GONE)
    purged(corpus)
    assert not build(corpus.deployment.open(today=LATER), discover=False).failed
    before = contents(corpus.home / "releases")
    session = corpus.deployment.open()
    assert purge.due(session.vault, session.view) is None
    assert purge.run(session) == Purged()
    assert contents(corpus.home / "releases") == before


def test_a_release_that_was_written_anew_is_written_anew_again(corpus: Corpus) -> None:
    grant(corpus, 1, GONE)
    first = purged(corpus).erased.rewritten
    grant(corpus, 2, "papers:mixed/mail")
    second = purged(corpus).erased.rewritten
    assert set(first.values()) <= second.keys()
    for old, new in second.items():
        manifest = json.loads((corpus.home / "releases" / new / layout.MANIFEST).read_bytes())
        assert manifest["replaces"] == old
        assert {stone["takedown"] for stone in manifest["withdrawn"]["tombstones"]} >= {"TD-2026-0001", "TD-2026-0002"}
        assert problems(corpus.home / "releases" / new) == []


def test_a_document_that_only_an_older_release_holds_leaves_that_release(corpus: Corpus, published_once: Corpus) -> None:
    folder = corpus.home.parent / "papers"
    shutil.copytree(published_once.folder("papers"), folder)
    left = [line for line in (folder / "mixed.jsonl").read_text().splitlines(keepends=True) if '"hostile"' not in line]
    record = corpus.registry / "papers.yaml"
    own = corpus.home.parent / "registry"
    shutil.copytree(corpus.registry, own)
    corpus.registry = own
    (own / record.name).write_text(record.read_text().replace(str(published_once.folder("papers")), str(folder)))
    (folder / "mixed.jsonl").write_text("".join(left))
    assert not build(corpus.deployment.open(today=LATER)).failed
    before = {one.id for one in history.read(Store(corpus.home)) if one.id in rewriting_of(corpus)}
    grant(corpus, 1, GONE)
    done = purged(corpus)
    assert done.documents == {"TD-2026-0001": 1}
    assert done.erased.rewritten.keys() == before
    assert list(files_with(corpus.home, released.SECRET)) == []
    session = corpus.deployment.open()
    assert purge.due(session.vault, session.view) is None
    assert verify(Store(corpus.home)).problems == ()


# -- where it is not done ------------------------------------------------------------------------------------------


def test_where_two_requests_differ_the_release_is_withdrawn(corpus: Corpus) -> None:
    before = directories(corpus)
    grant(corpus, 1, GONE)
    grant(corpus, 2, "papers:mixed/mail", "withdrawn")
    done = purged(corpus)
    assert (sorted(done.erased.releases), done.erased.rewritten) == (sorted(before), {})
    assert not directories(corpus).keys() & before.keys()


def test_a_release_that_is_damaged_is_withdrawn_with_a_reason(corpus: Corpus) -> None:
    first, second = (one.id for one in history.read(Store(corpus.home)))
    (corpus.home / "releases" / first / layout.SOURCES).write_text("{")
    grant(corpus, 1, GONE)
    done = purged(corpus)
    assert (done.erased.releases, list(done.erased.rewritten)) == ([first], [second])
    assert done.erased.refused.keys() == {first}
    assert list(files_with(corpus.home, released.SECRET)) == []


def leave_the_credit(made: rewriting.Shard) -> pl.DataFrame:
    rows = pl.concat([made.rows, *(removed.select(made.rows.columns) for removed in made.removed)])
    return attribution.credit_rows(rows.select(attribution.READ), layout.shard_name(made.facts))


def leave_the_count(rows: pl.DataFrame, kept: list[dict[str, Any]]) -> dict[str, Any]:
    facts = real_facts(rows, kept)
    facts["histograms"]["licence"] |= {"CC-BY-4.0": {"docs": 9, "bytes": 9}}
    return facts


real_facts = rewriting._facts
FAULTS = {"_credits": leave_the_credit, "_facts": leave_the_count}


@pytest.mark.parametrize("name", FAULTS)
def test_what_would_not_pass_the_checks_is_never_published(corpus: Corpus, monkeypatch, name: str) -> None:
    before = directories(corpus)
    monkeypatch.setattr(rewriting, name, FAULTS[name])
    grant(corpus, 1, GONE)
    done = purged(corpus)
    assert (sorted(done.erased.releases), done.erased.rewritten) == (sorted(before), {})
    assert done.erased.refused.keys() == before.keys()
    assert not directories(corpus).keys() & before.keys()
    assert list(files_with(corpus.home, released.SECRET)) == []


def test_a_text_that_is_left_in_a_release_is_found_by_the_search(corpus: Corpus, monkeypatch) -> None:
    real, line = rewriting._Made.texts, f"{prose('hostile').splitlines()[-1]} {released.SECRET}."
    stray = {"find/words/stray.js": line.encode()}
    monkeypatch.setattr(rewriting._Made, "texts", lambda made, new: real(made, new) | stray)
    monkeypatch.setattr(check_cards, "CHECKS", ())
    grant(corpus, 1, GONE)
    assert not build(corpus.deployment.open(today=LATER), discover=False).failed
    done = purge.run(corpus.deployment.open(today=LATER))
    assert not done.proven
    assert any(trace.file.endswith("stray.js") for trace in done.left)
    session = corpus.deployment.open()
    assert purge.due(session.vault, session.view)  # it is not over


# -- what is said, and what is not ---------------------------------------------------------------------------------


def test_personal_data_leaves_no_tombstone_that_could_be_told_to_be_somebodys(corpus: Corpus) -> None:
    grant(corpus, 1, GONE, reason="personal_data")
    for new in purged(corpus).erased.rewritten.values():
        manifest = json.loads((corpus.home / "releases" / new / layout.MANIFEST).read_bytes())
        assert "withdrawn" not in manifest
        assert manifest["replaces"]


def test_undone_it_comes_back_to_the_corpus_and_not_to_releases_that_were_written_anew(corpus: Corpus) -> None:
    grant(corpus, 1, GONE)
    rewritten = purged(corpus).erased.rewritten
    before = {new: directories(corpus)[new] for new in rewritten.values()}
    entry = corpus.deployment.open().vault.ledger().entries["TD-2026-0001"]
    content = entry.model_dump(mode="json")
    content["decision"] = {"state": "reversed", "on": "2026-11-21"}
    content["history"] = [*content["history"], ["2026-11-21", "reversed"]]
    add(corpus, entry.model_validate(content))
    purge.run(corpus.deployment.open())
    assert not build(corpus.deployment.open()).failed
    after = directories(corpus)
    assert {new: after[new] for new in before} == before
    assert not rewritten.keys() & after.keys()
    latest = json.loads((corpus.home / "releases" / "latest.json").read_bytes())["id"]
    assert any(GONE in ids(content) for content in documents(after[latest]).values())


def test_languages_that_do_not_add_up_any_more_are_measured_again(corpus: Corpus, monkeypatch) -> None:
    old = history.read(Store(corpus.home))[-1].id
    root = corpus.home / "releases" / old
    composed = json.loads((root / layout.COMPOSITION).read_bytes())
    whole = composed["by"]["language"]["en"]
    composed["by"]["language"] = {"fr": whole}  # as another version of the filter would have had it
    (root / layout.COMPOSITION).write_text(json.dumps(composed))
    made = rewriting._Made(Store(corpus.home), old, frozenset({GONE}), lambda release, gone, said: {})
    assert made.composition["by"]["language"]["en"]["docs"] == whole["docs"] - 1
    assert sum(one["docs"] for one in made.composition["by"]["language"].values()) == made.composition["documents"]
