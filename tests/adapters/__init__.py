"""Proof of the real clients behind the ports."""
