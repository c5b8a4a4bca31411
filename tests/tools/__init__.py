"""Proof of the room `tools`."""
