"""The reach: MCP tool servers, a folder a server; looking and acting are different servers."""
