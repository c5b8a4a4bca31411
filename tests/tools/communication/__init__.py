"""Proof of the folder `tools/communication`."""
