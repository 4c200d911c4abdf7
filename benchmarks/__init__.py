"""Benchmarks: each module prints one table, target beside result, and says what it leaves out. No timed tests."""
