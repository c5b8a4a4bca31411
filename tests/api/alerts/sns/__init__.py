"""Who SNS is, and what it may ask for."""
