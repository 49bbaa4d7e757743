"""The intro service."""
