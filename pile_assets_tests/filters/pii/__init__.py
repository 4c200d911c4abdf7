"""Tests of the pii filter."""
