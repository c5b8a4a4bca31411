"""The looking half of the code tools, a server of its own because one that acts must not also look."""
