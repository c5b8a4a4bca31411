"""Who knocks, how much they bring, how often."""
