"""Servers that speak other vendors' interfaces, for tests to misbehave with."""
