"""Dagster's own daemon, only that it looks about without a pause: `python -m pile_assets_tests.end_to_end.daemon run ...`.

Sensors are looked at in rounds of five seconds and schedules once a minute, constants of Dagster's. An event takes about ten
rounds one after another, so the test would do little but wait, and would seldom meet a look that falls into a run.
"""

from dagster._daemon import sensor
from dagster._daemon.cli import main
from dagster._scheduler import scheduler

if __name__ == "__main__":
    sensor.MIN_INTERVAL_LOOP_TIME = 1.1  # type: ignore[assignment]  # the shortest interval a sensor can have is a second
    scheduler.SECONDS_IN_MINUTE = 1
    main()
