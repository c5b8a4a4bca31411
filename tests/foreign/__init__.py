"""MCP servers that others wrote, in place of ours: a whole incident, by configuration alone."""
