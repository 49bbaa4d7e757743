"""The place where the intro service starts: `python -m services.intro serve|migrate`."""

from typing import Any

from shared.listening import start


def build() -> Any:
    """The composition root, loaded while the port already listens."""
    from services.intro import wiring  # noqa: PLC0415 - see above

    return wiring.build


if __name__ == "__main__":
    start("intro", build)
