"""Where the numbers of an incident come from: one adapter for each kind of metric store, behind one guard."""
