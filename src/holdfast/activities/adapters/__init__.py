"""The real clients behind the ports; only the cellar imports them."""
