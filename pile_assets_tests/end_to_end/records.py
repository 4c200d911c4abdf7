"""What Dagster's records say that the daemon did: runs, materializations, looks.

What belongs here: reading the instance. What may not: judging what was read (`harness`).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from dagster._core.scheduler.instigation import InstigatorState, InstigatorType

from pile_assets_tests.end_to_end.forecasting import Touched


@dataclass(frozen=True)
class Done:
    """What the daemon did in a while."""

    runs: Counter[str]  # by job; `<job>_failing` for those that did not succeed
    touched: Touched
    last_shard: float | None  # when the last shard was written
    unexplained: Sequence[str]  # materializations that no run of the while reported, but for those of `upstream`


class Records:
    """The records of one DAGSTER_HOME."""

    def __init__(self, home: Path):
        self.instance = dg.DagsterInstance.from_config(str(home))
        self._seen_runs: set[str] = set()
        self._seen_event = 0

    def close(self) -> None:
        self.instance.dispose()

    def done(self) -> Done:
        """What was done since the last call."""
        runs = [r.dagster_run for r in self.instance.get_run_records() if r.dagster_run.run_id not in self._seen_runs]
        ours = {run.run_id for run in runs}
        self._seen_runs |= ours
        touched: dict[str, list[str]] = {}
        unexplained, shards = [], []
        for key, record in self._materializations():
            stage, place = _stage_and_place(key, record.partition_key)
            touched.setdefault(stage, []).append(place)
            self._seen_event = max(self._seen_event, record.storage_id)
            if stage == "shards":
                shards.append(record.timestamp)
            if stage != "upstream" and record.run_id not in ours:
                unexplained.append(f"{stage} of {place} was told by no run of this event")
        return Done(
            Counter(run.job_name + ("" if run.is_success else "_failing") for run in runs),
            {stage: sorted(places) for stage, places in touched.items()},
            max(shards, default=None),
            unexplained,
        )

    def _materializations(self) -> list[tuple[dg.AssetKey, dg.EventLogRecord]]:
        found = []
        for key in self.instance.all_asset_keys():
            wanted = dg.AssetRecordsFilter(asset_key=key, after_storage_id=self._seen_event)
            found += [(key, record) for record in self.instance.fetch_materializations(wanted, limit=10_000).records]
        return found

    def looked(self, sensor: str, since: float) -> str | None:
        """What a sensor said when it last looked, if it began after `since` and has ended; "" where it said nothing."""
        for state in self.instance.all_instigator_state(instigator_type=InstigatorType.SENSOR):
            if state.instigator_name == sensor:
                for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1):
                    if tick.timestamp > since and tick.status.value in ("SKIPPED", "SUCCESS"):
                        return tick.tick_data.skip_reason or ""
        return None

    def schedules(self) -> Sequence[InstigatorState]:
        """The schedules that the scheduler has begun to watch."""
        return self.instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)

    def newest(self) -> str:
        """What an engineer asks first when the daemon does not do what it should."""
        runs = [f"{r.dagster_run.job_name}: {r.dagster_run.status.value}" for r in self.instance.get_run_records(limit=8)]
        ticks = [
            f"{state.instigator_name}: {tick.status.value} {tick.tick_data.skip_reason or tick.tick_data.error or ''}"
            for state in self.instance.all_instigator_state()
            for tick in self.instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        ]
        return "\n".join(["newest runs:", *runs, "last ticks:", *ticks])


def _stage_and_place(key: dg.AssetKey, partition: str | None) -> tuple[str, str]:
    """An asset partition in a build report's words."""
    match key.path:
        case ["shards", domain]:
            return "shards", f"{domain}/{partition}"
        case [owner, stage]:
            return stage, f"{owner}/{partition or 'all'}"
        case [stage]:
            return stage, "corpus/all"
    raise ValueError(key)
