"""Trace stores that others run: one trace by its id, whichever of them keeps it."""
