"""Tests of the filters and policies."""
