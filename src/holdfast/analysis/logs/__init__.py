"""Logs on their way into a case: masked, put into templates, cleared of chatter, cut into chunks, read for patterns."""
