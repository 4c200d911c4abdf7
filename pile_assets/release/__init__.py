"""Releases: what a corpus at one moment consists of. Pure functions from facts of the store to bytes only."""
