"""Tests of `pile_assets.export`."""
