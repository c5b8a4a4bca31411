"""The doors: they translate between the world and Temporal, and never decide."""
