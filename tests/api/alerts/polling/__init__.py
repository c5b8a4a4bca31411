"""Alertmanagers that are asked."""
