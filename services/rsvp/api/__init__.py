"""The rsvp service over HTTP: for the public, for holders of personal links, for organisers."""
