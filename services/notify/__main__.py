"""The place where the notify service starts: `python -m services.notify serve|migrate`."""

from services.notify.wiring import build
from shared.serving import main

if __name__ == "__main__":
    main("notify", lambda: build)
