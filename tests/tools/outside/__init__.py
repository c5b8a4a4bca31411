"""Proof of the folder `tools/outside`."""
