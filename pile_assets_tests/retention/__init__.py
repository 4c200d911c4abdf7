"""Tests of `pile_assets.retention`."""
