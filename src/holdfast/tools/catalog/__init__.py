"""The catalogue tool server: services, their dependencies and runbooks."""
