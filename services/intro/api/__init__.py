"""The place for the intro service over HTTP: attendees answer by link, organisers run rounds and read reports."""

from services.intro.api.attendees import attendees_api
from services.intro.api.organisers import organisers_api

__all__ = ["attendees_api", "organisers_api"]
