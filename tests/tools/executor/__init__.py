"""Proof of the folder `tools/executor`."""
