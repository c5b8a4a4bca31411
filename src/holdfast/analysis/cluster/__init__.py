"""Reads a Kubernetes cluster's state without a model: small rules find faults, and a ranker weighs them."""
