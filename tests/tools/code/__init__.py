"""Proof of the folder `tools/code`."""
