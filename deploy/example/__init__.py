"""The worked example: an instrumented application that fails on demand, watched and repaired by Holdfast."""
