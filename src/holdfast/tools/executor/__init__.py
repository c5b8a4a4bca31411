"""The executor tool server: it acts, on a grant for exactly one action, once."""
