"""The Kubernetes tool server: it only looks."""
