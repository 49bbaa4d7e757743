"""The place where the rsvp service starts: `python -m services.rsvp serve|migrate`."""

from typing import Any

from shared.listening import start


def build() -> Any:
    """The composition root, loaded while the port already listens."""
    from services.rsvp import wiring  # noqa: PLC0415 - see above

    return wiring.build


if __name__ == "__main__":
    start("rsvp", build)
