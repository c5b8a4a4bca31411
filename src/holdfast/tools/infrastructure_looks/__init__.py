"""The looking half of the infrastructure tools, a server of its own because one that acts must not also look."""
