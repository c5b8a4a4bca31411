"""Many series at once: when it began, which of them moved most, and whose move explains the others'."""
