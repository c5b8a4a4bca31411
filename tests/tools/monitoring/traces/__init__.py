"""Trace stores answer the contract's spans."""
