"""Dagster's own daemon, only that it looks about without a pause: `python -m pile_assets_tests.end_to_end.daemon run ...`.

Sensors are looked at in rounds of five seconds, a constant of Dagster's. An event takes about ten rounds one after another,
so the test would do little but wait, and would not meet what happens when a look falls into the middle of a run.
"""

from dagster._daemon import sensor
from dagster._daemon.cli import main

if __name__ == "__main__":
    sensor.MIN_INTERVAL_LOOP_TIME = 1.1  # type: ignore[assignment]
    main()
