"""Proof of the folder `tools/kubernetes`."""
