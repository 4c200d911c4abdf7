"""Duplicate removal by itself, over files of documents: what `pile dedup run` does.

What belongs here: reading files, and keeping the results of one folder up to date with them. What may not: sources,
licences, policies, or a second definition of anything in `dedup`.
"""
