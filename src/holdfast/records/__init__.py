"""What do we remember? The read model and the knowledge base, never the truth about a running incident."""
