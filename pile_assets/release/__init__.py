"""Releases: what a corpus at one moment consists of, what its licences ask to go along, and what people are told of it.

Which file belongs where is `layout`. Modules that make a text are pure functions from facts to bytes; `directory` and `history`
alone touch the disk, and none reads the clock.
"""
