"""A corpus under operations in random order: built step by step, killed at any moment, and compared with one built at once.

`make random-ops` plays it at length over the real texts it is given; the tests here play a few operations.
"""
