"""The code tool servers: one looks at commits, the other opens pull requests that revert one, on a grant."""
