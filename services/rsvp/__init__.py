"""The rsvp service."""
