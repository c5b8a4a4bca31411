"""Proof of the folder `tools/infrastructure`."""
