"""Requests to take documents out: what one says, which documents it means, and what is remembered of them.

Pure functions and frozen models. Files and keys are `pile_assets.withdrawal`.
"""
