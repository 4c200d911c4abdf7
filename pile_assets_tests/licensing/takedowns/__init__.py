"""Tests of what takedowns say and which documents they mean."""
