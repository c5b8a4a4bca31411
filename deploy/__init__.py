"""How Holdfast stands elsewhere, and a worked example of it."""
