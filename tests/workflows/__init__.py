"""Proof of the room `workflows`."""
