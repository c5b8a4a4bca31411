"""Rules over made-up clusters."""
