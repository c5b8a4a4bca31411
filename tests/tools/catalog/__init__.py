"""Proof of the folder `tools/catalog`."""
