"""The typed schemas of every frame that crosses a step, one constant per kind of file.

Only column names, dtypes and their meaning live here: no I/O and no computation. Every stage file of a partition is
Parquet with exactly one of these schemas (attribute files add their filter's columns to `ATTRIBUTES`), one row per
document unless said otherwise, in the order of the `documents` stage.
"""

import polars as pl

RAW = {
    "path": pl.String,  # member name inside the partition, forward slashes, never absolute, never with ..
    "url": pl.String,  # where exactly these bytes are published
    "sha256": pl.String,  # of content, 64 hex digits
    "content": pl.Binary,  # the bytes as published
}
"""One row per published file of the partition, sorted by path."""

DOCUMENTS = {
    "id": pl.String,  # "<source>:<native id>", unique in the corpus, stable across versions
    "source": pl.String,
    "partition": pl.String,
    "url": pl.String,  # never empty
    "title": pl.String,  # null where unknown
    "author": pl.String,  # null where unknown; several joined by "; "
    "attribution": pl.String,  # the line a reader must be shown; null where the family asks for none
    "created": pl.String,  # ISO 8601 year, month or day as far as known, else null
    "media_type": pl.String,  # e.g. text/x-python; `filters.media.is_prose` decides which policy section applies
    "licence": pl.String,  # SPDX expression; null unless status is "resolved"
    "family": pl.String,  # public-domain | permissive | sharealike | database; null unless accepted
    "licence_status": pl.String,  # resolved | family-only | unresolved | conflict
    "accepted": pl.Boolean,  # resolved and on the accepted table
    "licence_rule": pl.String,  # the rule that fired
    "licence_reason": pl.String,  # why held or rejected; null where accepted
    "licence_evidence": pl.String,  # JSON list of the claims that decided, nearest first
    "public_domain": pl.String,  # JSON: jurisdiction to answer, until, rule, why; null unless the licence rests on a term
    "raw_path": pl.String,  # the member of `raw` the text came from
    "raw_sha256": pl.String,
    "text_sha256": pl.String,  # of the UTF-8 text, 64 hex digits
    "bytes": pl.Int64,  # UTF-8 length of text
    "text": pl.String,
}

ATTRIBUTES = {"id": pl.String}
"""The first column of every filter's file; the filter's own columns follow."""

SPAN = pl.Struct({"start": pl.Int64, "end": pl.Int64, "kind": pl.String})
"""A half-open range of UTF-8 byte offsets into the document's text."""

CLEANED = {
    "id": pl.String,
    "media_type": pl.String,
    "modified": pl.Boolean,  # whether any span was edited
    "text_sha256": pl.String,
    "bytes": pl.Int64,
    "text": pl.String,
}

SIGNATURES = {
    "id": pl.String,
    "norm_hash": pl.Binary,  # 16 bytes: xxh3-128 of the normalised text, see dedup.signatures
    "shingles": pl.Int64,  # how many shingles were signed (with repeats)
    "signature": pl.Binary,  # PERMUTATIONS little-endian uint32
}

ELIGIBLE = {
    "id": pl.String,
    "kept": pl.Boolean,
    "reason": pl.String,  # null where kept
    "rule": pl.String,  # null where kept; else the policy rule, with the value that broke it
    "family": pl.String,  # licence family, null where not accepted
    "quality": pl.Int64,  # coarse bucket 0 (best) to 7, a tie-break of the duplicate rank
    "row_hash": pl.String,  # sha256 over everything a shard row would hold
    "bytes": pl.Int64,  # of the cleaned text
}

SUPPRESSIONS = {
    "id": pl.String,
    "takedowns": pl.String,  # ids of the takedowns that keep it out, joined by spaces
}
"""One row per document that the takedown ledger keeps out; most partitions have none."""

UNIQUE = {
    "id": pl.String,
    "verdict": pl.String,  # kept | exact_dup | near_dup | dropped
    "reason": pl.String,  # for dropped: the policy's reason
    "dup_of": pl.String,  # id of the kept document this one duplicates
    "dup_of_source": pl.String,
    "dup_of_partition": pl.String,
    "agreement": pl.Int64,  # equal signature positions, 0 to PERMUTATIONS; null unless near_dup
    "family": pl.String,
    "row_hash": pl.String,
    "bytes": pl.Int64,
}

SHARD_ROWS = {
    "id": pl.String,
    "source": pl.String,
    "partition": pl.String,
    "url": pl.String,
    "title": pl.String,
    "author": pl.String,
    "attribution": pl.String,
    "created": pl.String,
    "media_type": pl.String,
    "licence": pl.String,
    "family": pl.String,
    "modified": pl.Boolean,  # the text differs from the published one (PII masked): CC BY 4.0 s.3(a)(1)(B)
    "text_sha256": pl.String,
    "bytes": pl.Int64,
    "text": pl.String,
}

LICENCE_FAMILIES = ("public-domain", "permissive", "sharealike", "database")
