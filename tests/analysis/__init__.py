"""The floor of numbers and words: what the evidence says."""
