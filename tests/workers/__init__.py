"""Proof of the room `workers`."""
