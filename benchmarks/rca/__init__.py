"""Measures how well causes are found, on public data sets: one module a set, one configuration for all of them."""
