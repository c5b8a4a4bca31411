"""Proof of what is shipped for installing: rules for Prometheus."""
