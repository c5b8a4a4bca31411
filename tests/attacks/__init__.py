"""Texts that want something of a model, and proof that they do not get it."""
