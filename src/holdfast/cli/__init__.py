"""The front desk: the `holdfast` command."""
