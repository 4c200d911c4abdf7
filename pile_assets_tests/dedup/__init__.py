"""Tests of `pile_assets.dedup`."""
