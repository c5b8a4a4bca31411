"""How tool servers speak to systems that others run: with time-outs, limits, and errors that name who failed."""
