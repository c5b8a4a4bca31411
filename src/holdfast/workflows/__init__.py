"""The story, readable aloud: deterministic, with no clock, random, I/O or environment."""
