"""What do the words say? Tool answers about logs, pods, events and changes, read into plain values."""
