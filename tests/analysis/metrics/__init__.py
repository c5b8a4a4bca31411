"""Tests of many series at once."""
