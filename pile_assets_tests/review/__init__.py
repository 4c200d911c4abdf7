"""Tests of what people decide on, and of what their decisions do."""
