"""The tool servers as the embedded stack has them, a module each: the same tools, standing on the simulated shop."""
