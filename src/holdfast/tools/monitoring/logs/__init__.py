"""Log stores that others run: each asked in its own language, each answering the same lines."""
