"""May we? Policy documents and one pure judge."""
