"""Tests of reading the store for people."""
