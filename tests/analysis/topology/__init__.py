"""Facts about the walk from many alerts to one place."""
