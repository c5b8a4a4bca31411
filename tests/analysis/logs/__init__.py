"""Logs, from the line to the pattern."""
