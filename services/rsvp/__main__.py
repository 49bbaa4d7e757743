"""The place where the rsvp service starts: `python -m services.rsvp serve|migrate`."""

from services.rsvp.wiring import build
from shared.serving import main

if __name__ == "__main__":
    main("rsvp", lambda: build)
