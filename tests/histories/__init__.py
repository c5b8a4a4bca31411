"""Recorded histories of every way through, and how they were recorded: `python -m tests.histories`."""
