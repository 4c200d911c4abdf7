"""Withdrawal carried out: from the ledger's file to documents that are in no shard, and the record that they are not.

What a request means is `licensing.takedowns`; bytes are removed from the store by `retention`.
"""
