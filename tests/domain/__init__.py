"""Proof of the room `domain`."""
