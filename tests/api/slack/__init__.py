"""Clicks: forged, stale, replayed, unknown, and right."""
