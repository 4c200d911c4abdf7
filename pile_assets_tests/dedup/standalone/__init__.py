"""Tests of duplicate removal by itself, over files."""
