"""Dagster's daemon in the test's own process: evaluates the graph's sensors and executes what they request.

What it does not have is concurrency and a code server; those belong to the test that runs the real daemon.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import dagster as dg
import pytest

from pile_assets.deployment import Deployment
from pile_assets.graph.assemble import definitions
from pile_assets.graph.naming import DATA_VERSION, WORK
from pile_assets.graph.settings import Settings
from pile_assets_tests.deployments import Corpus


@dataclass
class Daemon:
    """One deployment with its graph and an instance."""

    corpus: Corpus
    instance: dg.DagsterInstance
    defs: dg.Definitions
    runs: list[dg.ExecuteInProcessResult] = field(default_factory=list)

    def reload(self) -> None:
        """Load the code location again, as after a change of the registry."""
        self.defs = definitions(Deployment.from_environment(), Settings())

    # -- sensors ---------------------------------------------------------------------------------------------------

    def evaluate(self, sensor: str) -> dg.SensorResult | dg.SkipReason:
        """One tick of a sensor, with its events and partitions applied as the daemon does."""
        context = dg.build_sensor_context(instance=self.instance, definitions=self.defs, sensor_name=sensor)
        found = cast(dg.SensorResult | dg.SkipReason, self.defs.resolve_sensor_def(sensor)(context))
        if isinstance(found, dg.SensorResult):
            for request in found.dynamic_partitions_requests or ():
                self.instance.add_dynamic_partitions(request.partitions_def_name, request.partition_keys)
            for event in found.asset_events:
                self.instance.report_runless_asset_event(event)
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

    def settle(self, ticks: int = 12) -> list[str]:
        """Look, then tick until the planner asks for nothing; returns the works in order."""
        self.look()
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
        """Execute a job; failures are kept, not raised."""
        resolved = self.defs.resolve_job_def(str(job))
        result = resolved.execute_in_process(
            run_config=config, instance=self.instance, tags=dict(tags or {}), raise_on_error=False
        )
        self.runs.append(result)
        return result

    def launch(
        self,
        assets: Sequence[Sequence[str]],
        partition: str | None = None,
        partitions: tuple[str, str] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """What the UI's Materialize button does with these assets selected."""
        tags = {}
        if partitions:
            tags = {"dagster/asset_partition_range_start": partitions[0], "dagster/asset_partition_range_end": partitions[1]}
        result = self.defs.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(list(key)) for key in assets],
            partition_key=partition,
            tags=tags,
            run_config=config,
            raise_on_error=False,
        )
        self.runs.append(result)
        return result

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


@contextmanager
def daemon(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    for name, value in corpus.environment.items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Daemon(corpus, instance, definitions(Deployment.from_environment(), Settings()))
