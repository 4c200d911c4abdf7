"""What happens to a corpus, done by the real daemon: how many runs, which partitions and shards, and the right bytes.

One test, because all events share one deployment and one daemon; each is forecast first and compared with its forecast. The
table it prints at the end is the measured form of the table of events in the design.
"""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dagster._core.scheduler.instigation import ScheduleInstigatorData

from pile_assets.filters import FILTERS
from pile_assets.registry.load import DEFAULT_FOLDER
from pile_assets.registry.plain_yaml import read_yaml
from pile_assets.withdrawal import progress
from pile_assets_tests.deployments import Corpus, document, prose, with_changed_word
from pile_assets_tests.end_to_end import faults
from pile_assets_tests.end_to_end.harness import PATIENCE, Live
from pile_assets_tests.end_to_end.summary import TABLE
from pile_assets_tests.mirror import peps
from pile_assets_tests.mirror.server import Mirror
from pile_assets_tests.withdrawal.requests import add, decided, request

SLOW_SECONDS = 60 if os.environ.get("PILE_LONG_TESTS") else 3
"""After how long the slow failure fails; a minute where there is time for it (`make test-long`)."""

SHARDS = {"corpus_dedup": 1, "domains_books": 1, "corpus_release": 1}
"""The runs between a chain and the shards."""


def page(name: str, version: int = 1) -> list[dict]:
    """The two documents of a partition."""
    return [document(f"{name}-{i}", prose(f"{name}-{i}-{version}")) for i in range(2)]


def test_each_event_costs_what_it_needs_and_ends_in_the_right_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.setenv("PILE_CONTACT", "mailto:corpus@example.org")
    corpus = Corpus(tmp_path / "corpus", ())
    corpus.add_source("fables", seniority=0, tier=5)
    corpus.add_source("songs", seniority=1, tier=3)
    with Mirror() as mirror, Live(tmp_path, corpus) as live:
        live.start()
        live.first_look()
        try:
            partitions_come_and_go(live, corpus)
            documents_are_withdrawn_on_request(live, corpus)
            runs_fail_and_changes_overlap(live, corpus)
            a_source_is_added_while_changes_are_pending(live, corpus, mirror)
            the_daemon_is_off_when_a_refresh_is_due(live, corpus, mirror)
            code_gets_a_new_version_and_gives_the_same(live, monkeypatch)
            live.rebuilding.wait()
        finally:
            record_property(TABLE, live.table())
    assert live.problems() == []


def partitions_come_and_go(live: Live, corpus: Corpus) -> None:
    with live.event("fifty at once", sources_fables=1, sources_songs=1, **SHARDS):
        for number in range(50):
            corpus.publish("fables", f"f{number:02d}", page(f"fable-{number}"))
        for number in range(3):
            corpus.publish("songs", f"s{number}", page(f"song-{number}"))

    with live.event("one new partition", sources_fables=1, **SHARDS):
        corpus.publish("fables", "new", page("new"))

    with live.event("ten scattered among fifty", sources_fables=1, **SHARDS):
        for number in range(0, 50, 5):
            corpus.publish("fables", f"f{number:02d}", page(f"fable-{number}", version=2))

    with live.event("same records again", sources_fables=1) as event:
        corpus.publish("fables", "new", [dict(reversed(line.items())) for line in page("new")])
        event.expect(upstream=1, raw=1, documents=1)

    with live.event("a changed document", sources_fables=1, **SHARDS) as event:
        corpus.publish("fables", "new", [page("new")[0], page("new", version=2)[1]])
        event.expect(upstream=1, unique=1, shards=1)

    with live.event("a late duplicate that wins, and one that loses", sources_songs=1, **SHARDS) as event:
        better, worse = (with_changed_word(prose(name)) for name in ("fable-1-0-1", "song-1-0-1"))
        corpus.publish("songs", "late", [document("wins", better), document("loses", worse), document("fresh")])
        event.expect(upstream=1, unique=2)  # its own, and that of the fable which is a duplicate now

    with live.event("withdrawn", sources_songs=1, **SHARDS) as event:
        late = (corpus.folder("songs") / "late.jsonl").read_bytes()
        corpus.withdraw("songs", "late")
        event.expect(upstream=1, raw=0, documents=0, signatures=0, eligible=1, unique=2)

    with live.event("republished with the same bytes", sources_songs=1, **SHARDS) as event:
        (corpus.folder("songs") / "late.jsonl").write_bytes(late)
        event.expect(upstream=1, raw=0, documents=0, signatures=0, eligible=1, unique=2)


def documents_are_withdrawn_on_request(live: Live, corpus: Corpus) -> None:
    """By lines added to the ledger's file, as an editor does."""
    corpus.deployment.open().vault.key()  # made before the forecast, which must not make another
    entry = request(1, "doc_id", "songs:late/wins")
    with live.event("a takedown of a canonical", corpus_takedowns=1, sources_songs=1, **SHARDS) as event:
        add(corpus, entry)
        event.expect(suppressions=1, eligible=1, unique=2, raw=0, documents=0, cleaned=0, signatures=0)

    measured = progress.measured(corpus.deployment.open().vault.progress()[entry.id])
    print(f"\nFrom receipt of a takedown to clean shards: {measured['seconds_to_clean']:.1f} s")
    assert measured["seconds_to_clean"] < PATIENCE

    with live.event("the takedown refused", corpus_takedowns=1, sources_songs=1, **SHARDS) as event:
        add(corpus, decided(entry, "refused"))
        event.expect(suppressions=1, eligible=1, unique=2, raw=0, documents=0, cleaned=0, signatures=0)


def runs_fail_and_changes_overlap(live: Live, corpus: Corpus) -> None:
    fables, songs = corpus.folder("fables"), corpus.folder("songs")
    failing = {"sources_fables_failing": 1, "sources_songs_failing": 1, "sources_fables": 1, "sources_songs": 1}
    with live.event(f"a run that fails at once, and one after {SLOW_SECONDS} s", **failing, **SHARDS):
        corpus.publish("fables", "broken", page("broken"))
        corpus.publish("fables", "whole", page("whole"))
        corpus.publish("songs", "slow", page("slow"))
        faults.fail_once(fables, "broken", after_seconds=0)
        faults.fail_once(songs, "slow", after_seconds=SLOW_SECONDS)

    with live.event("changes during a run", sources_fables=2, **SHARDS) as event:
        corpus.publish("fables", "moving", page("moving"))
        event.twice = live.forecast().chain_of("fables/moving")

        def move_on() -> None:
            corpus.publish("fables", "moving", page("moving", version=2))
            corpus.publish("fables", "beside", page("beside"))

        move_on()
        event.forecast = live.forecast()
        corpus.publish("fables", "moving", page("moving"))
        corpus.withdraw("fables", "beside")
        faults.hold(fables, "moving")

        def meanwhile() -> None:
            live.wait(lambda: faults.is_held(fables, "moving"), "a run that has read the partition")
            move_on()
            live.wait(lambda: "beside" in live.catalogue("fables"), "a look at the changes")
            faults.let_go(fables, "moving")

        event.meanwhile = meanwhile


def a_source_is_added_while_changes_are_pending(live: Live, corpus: Corpus, mirror: Mirror) -> None:
    fables = corpus.folder("fables")
    peps.publish(mirror, peps.commit(1), {f"peps/pep-{number:04d}.rst": proposal(number) for number in (1, 2, 101)})
    chains = {"sources_fables": 1, "refresh_python_peps": 1, "sources_python_peps": 1}
    with live.event("a new source while changes are pending", **chains, **SHARDS, domains_code=1) as event:
        corpus.publish("fables", "pending", page("pending"))
        faults.hold(fables, "pending")
        register_peps(corpus, mirror)

        def meanwhile() -> None:
            live.wait(lambda: faults.is_held(fables, "pending"), "the pending change in a run")
            live.wait(lambda: bool(live.catalogue("python_peps")), "a look at the new source")
            live.wait(lambda: bool(live.records.schedules()), "the scheduler at its schedule")
            faults.let_go(fables, "pending")

        event.meanwhile = meanwhile


def the_daemon_is_off_when_a_refresh_is_due(live: Live, corpus: Corpus, mirror: Mirror) -> None:
    after = {"corpus_dedup": 1, "domains_code": 1, "corpus_release": 1}
    with live.event(
        "a schedule tick missed while Dagster was off", refresh_python_peps=1, sources_python_peps=1, **after
    ) as event:
        live.stop()
        known = live.catalogue("python_peps")
        files = {f"peps/pep-{number:04d}.rst": proposal(number) for number in (1, 2, 101, 102)}
        peps.publish(mirror, peps.commit(2), files, version="v2")
        mirror.version = "v2"
        hours_pass(live)

        def meanwhile() -> None:
            live.start()
            live.wait(lambda: live.catalogue("python_peps") != known, "the refresh that was missed")

        event.meanwhile = meanwhile
        event.expect(upstream=1, raw=1, unique=1)


def code_gets_a_new_version_and_gives_the_same(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.rebuilding.wait()  # in this process, where the version changes now
    monkeypatch.setitem(FILTERS, "length", FILTERS["length"])
    every_source = {"sources_fables": 1, "sources_songs": 1, "sources_python_peps": 1}
    with live.event("a filter's code version raised, same output", **every_source) as event:
        live.stop()
        faults.raise_version("length")
        event.meanwhile = lambda: live.start(RAISED_FILTERS="length")
        event.expect(upstream=0, raw=0, documents=0, length=live.partitions(), language=0, eligible=0, unique=0, shards=0)


# -- what the events are made of ---------------------------------------------------------------------------------------


def proposal(number: int) -> str:
    """A PEP with enough text to be kept."""
    return peps.pep(number).replace("\n\nRationale\n", f"\n\n{prose(f'pep-{number}')}\n\nRationale\n")


def register_peps(corpus: Corpus, mirror: Mirror) -> None:
    """Add the product's own record, pointed at the mirror, with an hourly schedule whose minute is half an hour away."""
    minute = (datetime.now(UTC).minute + 30) % 60
    seniority = 60 + 43 * minute % 60  # 7 x 43 = 301, so the schedule, at minute 7 x seniority, falls on this one
    record = read_yaml(DEFAULT_FOLDER / "python_peps.yaml")
    record |= {"enabled": True, "refresh": "hourly", "seniority": seniority, "options": peps.options(mirror)}
    (corpus.registry / "python_peps.yaml").write_text(json.dumps(record, default=str))


def hours_pass(live: Live, hours: int = 2) -> None:
    """Set Dagster's records back while it is off: when runs were, and when the scheduler last looked.

    So two ticks of an hourly schedule were missed, and by the clock the refresh is overdue as well.
    """
    seconds = 3600 * hours
    with closing(sqlite3.connect(live.home / "history" / "runs.db")) as runs, runs:
        runs.execute("UPDATE runs SET start_time = start_time - ?, end_time = end_time - ?", (seconds, seconds))
    for state in live.records.schedules():
        data = state.instigator_data
        assert isinstance(data, ScheduleInstigatorData)
        assert data.start_timestamp
        looked = data.last_iteration_timestamp or data.start_timestamp
        earlier = ScheduleInstigatorData(data.cron_schedule, data.start_timestamp - seconds, looked - seconds)
        live.records.instance.update_instigator_state(state.with_data(earlier))
