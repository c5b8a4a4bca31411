"""What a webhook lost: each configured Alertmanager is asked what burns there, and the intake hears what is new."""
