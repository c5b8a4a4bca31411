"""The nouns of an incident: frozen pydantic models and enums, with no clock, no I/O and no Temporal."""
