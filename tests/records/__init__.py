"""Proof of the room `records`."""
