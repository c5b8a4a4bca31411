"""The monitoring tool server: metrics, logs and thresholds; it only looks, and may raise an alert."""
