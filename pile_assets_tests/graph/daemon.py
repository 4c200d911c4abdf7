"""Dagster's daemon in the test's own process: evaluates the graph's sensors and executes what they request.

What it does not have is concurrency and a code server; those belong to the test that runs the real daemon.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import dagster as dg

from pile_assets.build import BuildReport, build
from pile_assets.deployment import Deployment
from pile_assets.graph import planning
from pile_assets.graph.assemble import definitions
from pile_assets.graph.naming import DATA_VERSION, WORK
from pile_assets.graph.reconcile import reconcile
from pile_assets.graph.settings import Settings
from pile_assets_tests.deployments import Corpus

POLICY = """
name: plain
description: Everything of some length.
prose: {rules: [{rule: enough-text, attribute: length.chars, min: 100, drop_because: too-short}], quality: []}
code: {rules: [], quality: []}
edits: []
"""
"""One filter is enough to see a graph by."""


def small_corpus(root: Path, sources: Iterable[str] = ("fables", "songs"), **fields: Any) -> Corpus:
    """A corpus of folder sources whose chain is as short as a chain can be."""
    corpus = Corpus(root, ())
    (corpus.registry / "policies").mkdir()
    (corpus.registry / "policies" / "plain.yaml").write_text(POLICY)
    for number, source in enumerate(sources):
        add_small_source(corpus, source, number, **fields)
    return corpus


def add_small_source(corpus: Corpus, source: str, seniority: int, **fields: Any) -> None:
    corpus.add_source(source, seniority, **{"filters": ["length"], "policy": "plain"} | fields)


@dataclass
class Daemon:
    """One deployment with its graph and an instance."""

    corpus: Corpus
    instance: dg.DagsterInstance
    defs: dg.Definitions = field(init=False)
    cursors: dict[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Load the code location, as at the start and after a change of the registry."""
        self.defs = definitions(Deployment.from_environment(), Settings())

    def build(self) -> BuildReport:
        """What `pile build` does, with its report to Dagster."""
        session = Deployment.from_environment().open()
        report = build(session)
        reconcile(self.instance, session, outcomes=report.outcomes)
        return report

    # -- sensors ---------------------------------------------------------------------------------------------------

    def evaluate(self, sensor: str) -> dg.SensorResult | dg.SkipReason:
        """One tick of a sensor, with its events and partitions applied as the daemon does."""
        context = dg.build_sensor_context(
            instance=self.instance, definitions=self.defs, sensor_name=sensor, cursor=self.cursors.get(sensor)
        )
        found = cast(dg.SensorResult | dg.SkipReason, self.defs.resolve_sensor_def(sensor)(context))
        if isinstance(found, dg.SensorResult):
            for request in found.dynamic_partitions_requests or ():
                self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
            for event in found.asset_events:
                self.instance.report_runless_asset_event(event)
        self.cursors[sensor] = context.cursor
        return found

    def look(self) -> None:
        """Let every source sensor look once."""
        for sensor in self.defs.sensors or ():
            if sensor.name.startswith("watch_"):
                self.evaluate(sensor.name)

    def tick(self) -> list[str]:
        """One tick of the planner, and its runs carried out; returns the works they were of."""
        found = self.evaluate("planner")
        assert isinstance(found, dg.SensorResult)
        requests = found.run_requests or ()
        for request in requests:
            self.run(request.job_name, request.run_config, request.tags)
        return [request.tags[WORK] for request in requests]

    def decide(self, now: float | None = None) -> planning.Decision:
        """What the planner would ask for at a time, without asking."""
        session = Deployment.from_environment().open()
        return planning.decide(self.instance, session, Settings().attempts, time.time() if now is None else now)

    def settle(self) -> list[str]:
        """Look, then rest."""
        self.look()
        return self.rest()

    def rest(self, ticks: int = 12) -> list[str]:
        """Tick until the planner asks for nothing; returns the works in order."""
        worked: list[str] = []
        for _ in range(ticks):
            now = self.tick()
            if not now:
                return worked
            worked += now
        raise AssertionError(f"the planner does not come to rest: {worked}")

    # -- runs ------------------------------------------------------------------------------------------------------

    def run(
        self, job: str | None, config: Mapping[str, Any] | None = None, tags: Mapping[str, str] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Execute a job, whether it fails or not."""
        return self.defs.resolve_job_def(str(job)).execute_in_process(
            run_config=config, instance=self.instance, tags=dict(tags or {}), raise_on_error=False
        )

    def launch(
        self,
        assets: Sequence[Sequence[str]],
        partition: str | None = None,
        partitions: tuple[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """What the UI's Materialize button does with these assets selected; several partitions make a backfill."""
        tags = {}
        if partitions:
            tags = {
                "dagster/backfill": "abcdefgh",
                "dagster/asset_partition_range_start": partitions[0],
                "dagster/asset_partition_range_end": partitions[1],
            }
        return self.defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(list(key)) for key in assets],
            partition_key=partition,
            tags=tags,
            run_config=config,
            raise_on_error=False,
        )

    # -- what Dagster knows ----------------------------------------------------------------------------------------

    def version(self, key: Sequence[str], partition: str | None = None) -> str | None:
        """The latest data version of an asset partition."""
        latest = self.materializations(key, partition)
        return (latest[0].tags or {}).get(DATA_VERSION) if latest else None

    def materializations(self, key: Sequence[str], partition: str | None = None) -> list[dg.AssetMaterialization]:
        """The events of an asset partition, newest first."""
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(list(key)), asset_partitions=[partition] if partition else None)
        records = self.instance.fetch_materializations(wanted, limit=1000).records
        return [record.asset_materialization for record in records if record.asset_materialization]

    def observations(self, key: Sequence[str], partition: str | None = None) -> list[dg.AssetObservation]:
        wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(list(key)), asset_partitions=[partition] if partition else None)
        records = self.instance.fetch_observations(wanted, limit=1000).records
        return [record.asset_observation for record in records if record.asset_observation]

    def events(self) -> int:
        """Materializations of all assets, ever."""
        return sum(len(self.materializations(key.path)) for key in self.instance.all_asset_keys())

    def check(self, key: Sequence[str], name: str) -> tuple[bool, str | None] | None:
        """The last result of an asset check and what it says."""
        wanted = dg.AssetCheckKey(dg.AssetKey(list(key)), name)
        record = self.instance.event_log_storage.get_latest_asset_check_execution_by_key([wanted]).get(wanted)
        return (record.evaluation.passed, record.evaluation.description) if record and record.evaluation else None


def failure(result: dg.ExecuteInProcessResult) -> str:
    """What a failed run says to the operator; empty for one that succeeded."""
    for event in result.all_events:
        if event.is_step_failure and (data := event.step_failure_data.user_failure_data):
            return data.description or ""
    return "" if result.success else "no word"


def said(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> str:
    """Everything a run logged for people."""
    return "\n".join(entry.user_message for entry in instance.all_logs(result.run_id))


def metadata(event: dg.AssetMaterialization | dg.AssetObservation) -> dict[str, Any]:
    return {name: value.value for name, value in event.metadata.items()}
