"""Proof: the rooms of the house, mirrored; real servers wherever they can be had."""
