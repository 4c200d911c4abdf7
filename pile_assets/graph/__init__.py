"""The Dagster side of the corpus: what the store holds shown as assets, what the planner wants done launched as runs.

Only this package and `pile_assets.definitions` import Dagster. It reports, requests and displays; it computes nothing and
decides nothing. Losing everything Dagster remembers loses no data: `reconcile` reports the store again.
"""
