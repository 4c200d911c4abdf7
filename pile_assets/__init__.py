"""Pile Assets: an openly licensed training corpus as a graph of software-defined assets."""

__version__ = "0.1.0"
