"""How past incidents are found again while an alert is looked into: pure arithmetic over words and fields."""
