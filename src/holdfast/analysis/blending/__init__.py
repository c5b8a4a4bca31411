"""Which place, all sources together? Metrics, traces and logs each score the places; one ranking comes out."""
