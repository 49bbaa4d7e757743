"""The place for what can be configured: the intro service needs nothing beyond what every service has."""

from shared.settings import Settings

__all__ = ["Settings"]
