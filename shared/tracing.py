"""The place for what connects a request, its events and its mails: W3C trace context and a correlation id."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Context:
    """`traceparent` as W3C Trace Context has it; `correlation_id` is the first cause's id."""

    traceparent: str | None = None
    correlation_id: str | None = None

    @property
    def trace_id(self) -> str | None:
        return self.traceparent.split("-")[1] if self.traceparent else None


_NOWHERE = Context()
_current: ContextVar[Context] = ContextVar("tablemates_context", default=_NOWHERE)


def current() -> Context:
    """The context in which we act right now."""
    return _current.get()


@contextmanager
def acting_in(context: Context) -> Iterator[None]:
    """Everything said within carries this context."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def new_traceparent() -> str:
    """A fresh root: sampled, with random trace and span ids."""
    return f"00-{_chance.getrandbits(128):032x}-{_chance.getrandbits(64):016x}-01"
