"""The memory tool server: past incidents, to learn from and to add to."""
