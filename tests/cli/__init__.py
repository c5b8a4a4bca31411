"""The front desk, asked as a person asks it."""
