"""Parsers of file formats that several sources share. Input is hostile; no network, no store, no knowledge of a publisher."""
