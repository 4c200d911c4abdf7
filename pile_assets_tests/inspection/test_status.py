"""The figures of `pile status` add up, and say of everything that is kept out why."""

import pytest

from pile_assets.alerts import Alert, write_alerts
from pile_assets.errors import PileError
from pile_assets.inspection import status
from pile_assets.state import Override, State
from pile_assets_tests.commands import Pile
from pile_assets_tests.deployments import document


def read(pile: Pile) -> status.Status:
    return status.read(pile.corpus.deployment.open(rehearse=True))


def source(pile: Pile, name: str) -> status.SourceStatus:
    return next(one for one in read(pile).sources if one.source == name)


def test_documents_in_are_documents_out_and_dropped(built_once: Pile) -> None:
    for one in read(built_once).sources:
        found = one.documents
        assert found.found == found.accepted + found.held + found.rejected
        assert found.accepted == found.kept + found.duplicates + sum(found.dropped.values())
        assert found.kept == sum(found.families.values())
        assert found.accepted == sum(found.licences.values())
        assert found.held + found.rejected == sum(found.not_admitted.values())


def test_each_figure_is_that_of_the_corpus(built_once: Pile) -> None:
    songs = source(built_once, "songs")
    assert (songs.standing, songs.admitted, songs.reason) == ("running", True, None)
    assert songs.partitions == status.Partitions(present=2, withdrawn=0, stale=0, quarantined=0)
    found = songs.documents
    assert (found.found, found.accepted, found.held, found.rejected) == (10, 8, 1, 1)
    assert (found.kept, found.duplicates, found.dropped) == (6, 1, {"too-short": 1})
    assert found.families == {"permissive": 5, "sharealike": 1}
    whole = read(built_once)
    assert whole.duplicates == {"songs": {"fables": 1}}
    assert whole.release
    assert whole.release["rows"] == 21
    (books,) = whole.domains
    assert (books.shards, books.rows) == (5, 21)
    assert books.sources["permissive-all"] == 1
    assert books.skew >= 1


def test_held_and_rejected_documents_are_listed_with_verdict_reason_and_example(built_once: Pile) -> None:
    listed = status.not_admitted(built_once.corpus.deployment.open(rehearse=True))
    assert [(item.source, item.partition, item.verdict, item.documents, item.examples) for item in listed] == [
        ("songs", "mixed", "held", 1, ("songs:mixed/unclear",)),
        ("songs", "mixed", "rejected", 1, ("songs:mixed/copyleft",)),
    ]
    assert "ask the author" in listed[0].reason
    assert "GPL-3.0-only" in listed[1].reason
    assert "mixed.jsonl" not in listed[1].reason
    assert "mixed.jsonl" in listed[1].detail


def test_equal_reasons_are_counted_together_wherever_they_were_read(fresh: Pile) -> None:
    for partition in ("a", "b"):
        fresh.corpus.publish("songs", partition, [document(f"{partition}-{i}", licence="GPL-3.0-only") for i in range(2)])
    fresh.build()
    counted = source(fresh, "songs").documents.not_admitted
    assert [count for reason, count in counted.items() if "GPL-3.0-only" in reason] == [5]


def test_damaged_input_and_given_up_work_are_named(fresh: Pile) -> None:
    with (fresh.corpus.folder("songs") / "plain.jsonl").open("a") as published:
        published.write("{broken\n")
    fresh.build()
    assert [(p, "plain.jsonl" in problems[0]) for p, problems in source(fresh, "songs").damaged.items()] == [("plain", True)]
    write_alerts(fresh.corpus.home, [Alert("sources/songs", ("plain",), 3, "The disk is full.", "Free space.", "run")])
    assert [alert.cause for alert in read(fresh).alerts] == ["The disk is full."]
    printed = fresh.run("status").stdout
    assert "damaged input" in printed
    assert "The disk is full." in printed


def test_held_documents_of_an_unknown_source_are_refused(built_once: Pile) -> None:
    with pytest.raises(PileError, match="There is no source 'song'"):
        status.not_admitted(built_once.corpus.deployment.open(rehearse=True), "song")


def test_a_new_partition_is_stale_until_it_is_built(fresh: Pile) -> None:
    fresh.corpus.deployment.open().discover("songs")
    assert source(fresh, "songs").partitions == status.Partitions(present=2, stale=2)


def test_a_source_that_is_off_says_how_to_switch_it_on(built: Pile) -> None:
    State(built.corpus.home).save_override("songs", Override(enabled=False))
    songs = source(built, "songs")
    assert (songs.standing, songs.admitted) == ("off", False)
    assert songs.reason
    assert "pile sources enable songs" in songs.reason


def test_reading_writes_nothing(built: Pile) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.corpus.home.rglob("*")}
    read(built)
    assert {path: path.stat().st_mtime_ns for path in built.corpus.home.rglob("*")} == before
