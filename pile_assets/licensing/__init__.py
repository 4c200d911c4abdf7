"""Licence verdicts, fail closed: claims in, verdicts with evidence out. No I/O, no clock, no network."""
