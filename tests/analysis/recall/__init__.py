"""Tests of finding past incidents again."""
