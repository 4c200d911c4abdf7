"""Tests of the Dagster side, on ephemeral instances and a daemon that runs in the test's own process."""
