"""The outside of the rsvp service, one file a neighbour."""
