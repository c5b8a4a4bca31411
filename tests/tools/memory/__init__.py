"""Proof of the folder `tools/memory`."""
