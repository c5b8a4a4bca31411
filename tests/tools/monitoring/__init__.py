"""Proof of the folder `tools/monitoring`."""
