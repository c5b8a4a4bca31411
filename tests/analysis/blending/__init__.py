"""Proves how the sources are read and blended into one ranking."""
