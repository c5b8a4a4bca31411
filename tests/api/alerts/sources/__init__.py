"""What the other sources send, through the real doors: good, wrong, doubled, late and strange."""
