"""A simulated estate behind the same tool names: every answer is a pure function of what happened and the time."""
