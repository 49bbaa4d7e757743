"""The place for what happened in a simulated world, in a form that a person can read."""

import asyncio
from collections import Counter, deque
from typing import Any

import structlog

from tests.simulation.processes import WHERE


class Trace:
    """The last lines of what happened: who did what, at which virtual second."""

    def __init__(self, most: int = 4000) -> None:
        self.lines: deque[str] = deque(maxlen=most)
        self.counts: Counter[str] = Counter()

    def note(self, what: str, /, **details: Any) -> None:
        try:
            at = asyncio.get_running_loop().time()
        except RuntimeError:
            at = 0.0
        self.counts[what] += 1
        told = " ".join(f"{name}={_short(value)}" for name, value in details.items())
        self.lines.append(f"{at:10.3f}  {WHERE.get() or 'world'!s:<12} {what:<28} {told}")


CURRENT = Trace()


def begin() -> Trace:
    """A new trace, for a new world; the services' own log lines go into it."""
    global CURRENT  # noqa: PLW0603 - structlog is configured once a process, worlds come and go
    CURRENT = Trace()
    return CURRENT


def listen_to_logs() -> None:
    def keep(_logger: Any, _method: str, event: Any) -> Any:
        what = event.pop("event")
        event.pop("exc_info", None)
        event.pop("ms", None)  # real time, which no other run has
        CURRENT.note(f"log {what}", **event)
        raise structlog.DropEvent

    structlog.configure(processors=[_with_error, keep], cache_logger_on_first_use=False)


def _with_error(_logger: Any, _method: str, event: Any) -> Any:
    if event.get("exc_info"):
        import sys  # noqa: PLC0415 - rare

        info = event["exc_info"]
        error = info if isinstance(info, BaseException) else sys.exc_info()[1]
        event["error"] = f"{type(error).__name__}: {error}"
    return event


def _short(value: Any) -> str:
    text = str(value).replace("\n", " ")
    return text if len(text) <= 300 else text[:297] + "..."
