"""Filters: measurements of documents, one module each, and the policies that judge by them.

A filter annotates and never deletes; adding one is a module with a `FILTER` and a line below. What is dropped or
masked is decided by `policy` from the attributes, so that a threshold changes without reading any text again.
"""

from pile_assets.filters import code_quality, gopher_quality, gopher_repetition, language, length, pii
from pile_assets.filters.model import Filter

FILTERS: dict[str, Filter] = {
    "length": length.FILTER,
    "language": language.FILTER,
    "gopher_quality": gopher_quality.FILTER,
    "gopher_repetition": gopher_repetition.FILTER,
    "code_quality": code_quality.FILTER,
    "pii": pii.FILTER,
}
"""Every filter a source's chain may name, in the order they are shown."""

__all__ = ["FILTERS", "Filter"]
