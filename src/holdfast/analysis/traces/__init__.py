"""What do traces say? Where time is spent, which steps went missing, and which place explains it."""
