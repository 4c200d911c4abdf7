"""Benchmarks of duplicate removal beside its peers: `make bench-dedup` runs them all, see `__main__`.

The modules `signatures`, `clusters` and `cores` each print one table from one run, ours and the peers in turn; they need the
environment of the peers, `.venv-bench`.
"""
