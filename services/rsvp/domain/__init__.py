"""What the rsvp service knows: pure rules, no framework."""
