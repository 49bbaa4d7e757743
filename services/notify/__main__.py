"""The place where the notify service starts: `python -m services.notify serve|migrate`."""

from typing import Any

from shared.listening import start


def build() -> Any:
    """The composition root, loaded while the port already listens."""
    from services.notify import wiring  # noqa: PLC0415 - see above

    return wiring.build


if __name__ == "__main__":
    start("notify", build)
