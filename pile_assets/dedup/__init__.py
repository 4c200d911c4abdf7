"""Removal of duplicates: signatures of texts, and which documents are kept. Pure functions over Polars frames only."""
