"""Proof of the room `activities`."""
