"""The place for what came of handing a mail over, and what its row becomes by it."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

State = Literal["pending", "sending", "sent", "retry", "failed", "unknown", "superseded"]
WAITING: tuple[State, ...] = ("pending", "retry")
OPEN: tuple[State, ...] = ("pending", "sending", "retry")
"""States that a later mail of the same person waits for; `unknown` and `failed` hold nobody up."""

ATTEMPTS = 60
FIRST_DELAY, LONGEST_DELAY = 1.0, 3600.0
Policy = Literal["hold", "resend"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail host took responsibility: it answered 2xx after the final dot, or the file is in place."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Surely not accepted. `host`: the mail host's trouble, which is no fault of this mail; `hard`: no such address."""

    reason: str
    permanent: bool = False
    host: bool = False
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection broke after the final dot: maybe accepted, and nobody here can know (RFC 1047)."""

    reason: str


Outcome = Accepted | Refused | Lost


@dataclass(frozen=True, slots=True)
class Next:
    """What a row becomes. `counts` says whether this attempt is one of its own."""

    state: State
    next_at: datetime
    error: str = ""
    counts: bool = True


def after(
    outcome: Outcome,
    *,
    attempts: int,
    policy: Policy,
    now: datetime,
    chance: random.Random,
    expires_at: datetime | None = None,
) -> Next:
    """The row after an attempt; `attempts` are those before it. A mail host that is down costs no attempt."""
    if isinstance(outcome, Accepted):
        return Next("sent", now)
    if isinstance(outcome, Lost):
        return Next("unknown" if policy == "hold" else "retry", now, outcome.reason)
    if outcome.host:
        return Next("retry", now, outcome.reason, counts=False)
    if outcome.permanent:
        return Next("failed", now, outcome.reason)
    again = now + backoff(attempts + 1, chance)
    if attempts + 1 >= ATTEMPTS or (expires_at is not None and again >= expires_at):
        return Next("failed", now, f"given up after {attempts + 1} attempts: {outcome.reason}")
    return Next("retry", again, outcome.reason)


def backoff(attempts: int, chance: random.Random) -> timedelta:
    """Full jitter: a random share of a second, doubled with every attempt, up to an hour."""
    return timedelta(seconds=chance.uniform(0, min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts, 12))))
