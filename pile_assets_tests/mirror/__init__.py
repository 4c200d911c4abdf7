"""A loopback server that plays publishers, with the faults of real ones, and small collections to put on it.

Everything published here was written for these tests. `server` knows HTTP only; `peps` and `gutenberg` know how those
two publishers lay out their addresses.
"""
