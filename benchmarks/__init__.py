"""How fast and how small, as ratios to a baseline measured in the same run."""
