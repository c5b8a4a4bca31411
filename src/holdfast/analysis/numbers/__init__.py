"""What do the numbers say? Series, the signals they measure, where they shift, and which shifts move together."""
