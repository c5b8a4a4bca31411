"""Proof of the room `policies`."""
