"""The place where the intro service starts: `python -m services.intro serve|migrate`."""

from services.intro.wiring import build
from shared.serving import main

if __name__ == "__main__":
    main("intro", lambda: build)
