"""Proves what traces are read to say."""
