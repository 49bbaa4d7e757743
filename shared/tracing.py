"""The place for what connects a request, its events and its mails: W3C trace context and a correlation id."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from shared.chance import SystemChance

_chance = SystemChance()
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_CORRELATION = re.compile(r"[\w.:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Context:
    """`traceparent` as W3C Trace Context has it; `correlation_id` is the first cause's id."""

    traceparent: str | None = None
    correlation_id: str | None = None

    @property
    def trace_id(self) -> str | None:
        return self.traceparent[3:35] if self.traceparent else None


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
    digits = f"{_chance.getrandbits(192):048x}"
    return f"00-{digits[:32]}-{digits[32:]}-01"


def readable_traceparent(given: str | None) -> str | None:
    """What a caller sent, if it is a traceparent at all: it goes into logs, events and mails' rows."""
    return given if given and _TRACEPARENT.fullmatch(given) else None


def traceparent_within(text: str) -> str | None:
    """The first one that a text speaks of, as of an entry that nobody can read."""
    found = _TRACEPARENT.search(text)
    return found[0] if found else None


def readable_correlation_id(given: str | None) -> str | None:
    """What a caller sent, if it is an id of a bearable length."""
    return given if given and _CORRELATION.fullmatch(given) else None
