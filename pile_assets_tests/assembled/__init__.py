"""What holds of a corpus as it lies on the disk, whatever happened to it: from sources to shards and release.

The table in `docs/duplicates.md` says which test holds which invariant.
"""
