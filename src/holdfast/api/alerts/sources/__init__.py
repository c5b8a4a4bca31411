"""One file a source: its payload as its documentation gives it, and the claims it makes."""
