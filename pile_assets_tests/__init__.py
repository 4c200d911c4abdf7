"""Tests of pile_assets; the folders mirror the package."""
