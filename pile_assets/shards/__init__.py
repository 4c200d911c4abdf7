"""Shard assembly: which partitions make a shard, and how its rows lie in part files. Pure functions over Polars frames only."""
