"""Proof of the folder `tools/simulation`."""
