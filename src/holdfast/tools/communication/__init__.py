"""The communication tool server: it tells people, each thing once."""
