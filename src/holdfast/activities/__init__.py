"""The hands: one verb a file, each handed its ports by constructor; the story calls them by name."""
