"""Alert sources: each file turns one source's payload into the house's own alerts."""
