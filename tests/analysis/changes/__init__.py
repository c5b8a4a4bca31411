"""Facts about which of several changes did it."""
