"""Slack's buttons: a click is checked, acknowledged at once, and becomes a vote by signal."""
