"""Tests of `pile_assets.release`."""
