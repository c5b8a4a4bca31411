"""The doors, proved: each test speaks to the real application, most of them before a real Temporal server."""
