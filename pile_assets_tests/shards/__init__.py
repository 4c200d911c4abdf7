"""Tests of `pile_assets.shards`."""
