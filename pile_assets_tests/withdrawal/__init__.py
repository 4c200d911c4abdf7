"""Tests of withdrawal: requests, what they take out, and that it stays out."""
