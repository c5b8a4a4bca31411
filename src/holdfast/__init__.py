"""Holdfast: a durable incident engine; every alert walks once through these rooms, from `api` to `tools`."""
