"""Checks find what they are for, and say a thing once."""

from dataclasses import replace
from datetime import date

import dagster as dg
import polars as pl
import pytest

from pile_assets.alerts import Alert, read_alerts, write_alerts
from pile_assets.deployment import Deployment, Session
from pile_assets.graph import checks
from pile_assets.graph.sources import SourceInGraph, sources_in_graph
from pile_assets.store import Address, Counts, Manifest

EXPIRES = date(2027, 11, 23)


@pytest.fixture
def session(built) -> Session:
    return Deployment.from_environment().open()


@pytest.fixture
def fables(session) -> SourceInGraph:
    return next(source for source in sources_in_graph(session) if source.name == "fables")


def shard(session: Session) -> Manifest:
    (first, *_) = session.view.partitions("domains/books", "shards")
    return session.view.need(Address.of_domain("books", "shards", first))


def verdict(session: Session) -> dg.AssetCheckResult:
    every = session.view.partitions("domains/books", "shards")
    return checks.rows_are_whole(Deployment.from_environment().open().view, "books", every)


def test_what_a_build_writes_is_whole(session):
    assert verdict(session).passed


@pytest.mark.parametrize("column", ["id", "licence", "url", "source", "partition"])
@pytest.mark.parametrize("nothing", [None, ""])
def test_a_row_without_what_a_reader_needs_is_found(session, column, nothing):
    manifest = shard(session)
    rows = pl.concat(list(session.view.store.parts(manifest)))
    holed = rows.with_columns(pl.when(pl.int_range(pl.len()) == 0).then(pl.lit(nothing)).otherwise(column).alias(column))
    session.view.store.commit(replace(manifest, files=(session.view.store.write_part(manifest.address, holed),)))
    result = verdict(session)
    assert not result.passed
    assert f"1 rows without {column}" in str(result.metadata["faults"].value)


def test_a_lost_document_is_found(session):
    manifest = shard(session)
    rows = pl.concat(list(session.view.store.parts(manifest)))[1:]
    short = replace(manifest, files=(session.view.store.write_part(manifest.address, rows),))
    session.view.store.commit(replace(short, counts=Counts(rows.height, rows.height)))
    result = verdict(session)
    assert not result.passed
    assert "documents went in" in str(result.metadata["faults"].value)


def test_a_review_that_admits_passes_until_it_expires(fables):
    review = fables.record.review.model_copy(update={"expires": EXPIRES})
    source = replace(fables, record=fables.record.model_copy(update={"review": review}))
    assert checks.licence_reviewed(source, EXPIRES).passed
    late = checks.licence_reviewed(source, date(2027, 11, 24))
    assert not late.passed
    assert late.severity is dg.AssetCheckSeverity.WARN
    refused = checks.licence_reviewed(replace(source, refusal="It waits for review."), EXPIRES)
    assert not refused.passed
    assert refused.severity is dg.AssetCheckSeverity.ERROR
    assert refused.description == "It waits for review."


def test_a_result_is_reported_when_it_changes_and_not_before(built):
    alert = Alert("sources/fables", ("one",), 3, "cause", "remedy", "run")
    assert checks.report_changed(built.instance, [checks.keeps_up("sources/fables", [])]) == 0
    assert checks.report_changed(built.instance, [checks.keeps_up("sources/fables", [alert])]) == 1
    assert checks.report_changed(built.instance, [checks.keeps_up("sources/fables", [alert])]) == 0
    assert checks.report_changed(built.instance, [checks.keeps_up("sources/fables", [])]) == 1


def test_faults_are_reported_where_shards_are_written_and_taken_back_when_they_are_whole(built, session):
    manifest = shard(session)
    holed = pl.concat(list(session.view.store.parts(manifest))).with_columns(pl.lit("").alias("url"))
    session.view.store.commit(replace(manifest, files=(session.view.store.write_part(manifest.address, holed),)))
    partition = manifest.address.partition
    checks.report_rows(built.instance, Deployment.from_environment().open().view, "books", [partition])
    assert not (built.check(["shards", "books"], "rows_are_whole") or (True,))[0]

    forced = {"ops": {"shards__books": {"config": {"force": True}}}}
    assert built.launch([["shards", "books"]], partition=partition, config=forced).success
    assert (built.check(["shards", "books"], "rows_are_whole") or (False,))[0]


def test_checks_can_be_launched_by_hand(built):
    job = built.defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_check_selection={
            dg.AssetCheckKey(dg.AssetKey(["shards", "books"]), "rows_are_whole"),
            dg.AssetCheckKey(dg.AssetKey(["fables", "documents"]), "licence_reviewed"),
            dg.AssetCheckKey(dg.AssetKey(["release"]), "keeps_up"),
        },
        asset_selection=set(),
    )
    result = job.execute_in_process(instance=built.instance)
    assert len(result.get_asset_check_evaluations()) == 3
    assert all(evaluation.passed for evaluation in result.get_asset_check_evaluations())


def test_alerts_are_kept_sorted_and_a_damaged_notice_is_none(tmp_path):
    alerts = [Alert("sources/b", ("x",), 3, "c", "r", "1"), Alert("corpus/dedup", (), 3, "c", "r", "2")]
    assert read_alerts(tmp_path) == []
    write_alerts(tmp_path, alerts)
    assert read_alerts(tmp_path) == sorted(alerts)
    (tmp_path / "cache" / "alerts.json").write_text('[{"work": 1}]')
    assert read_alerts(tmp_path) == []
