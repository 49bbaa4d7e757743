"""The place for how long a suggestion waits for its answers, and how many a new arrival gets before a round."""

from datetime import datetime, timedelta

from services.intro.domain.gatherings import Gathering, round_to_come
from services.intro.domain.people import Pace

PATIENCE = timedelta(hours=48)
BEFORE_START = timedelta(hours=12)
"""Answers are in by then, so that whoever is left can still be introduced to somebody else."""
BREATH = timedelta(hours=6)
"""Nobody is asked to answer faster than this, unless the gathering itself comes sooner."""
LAST_CALL = timedelta(hours=1)
LATE_ROUND_AFTER = timedelta(minutes=10)
"""Somebody for whom nobody was found after the last round is looked at once more, with everybody who came meanwhile."""
MENTEE_PATIENCE = timedelta(days=7)
"""A mentee who has not said within a week how the first contact went is asked kindly."""


def expires_at(gathering: Gathering, now: datetime) -> datetime:
    """Two days, but not later than twelve hours before the start; for late suggestions the start, or the end."""
    if now <= gathering.starts_at - BEFORE_START - BREATH:
        return min(now + PATIENCE, gathering.starts_at - BEFORE_START)
    if now <= gathering.starts_at - LAST_CALL:
        return gathering.starts_at
    return min(now + PATIENCE, gathering.ends_at)


def at_once(gathering: Gathering, *, pace: Pace | None, has: int, places: int, now: datetime) -> int:
    """How many suggestions somebody gets now: one while a round is to come, which finds the better rest.

    Quiet people hear early and get all of theirs; when no round is to come everybody does.
    """
    free = max(0, places - has)
    if pace == "quiet" or not round_to_come(gathering, now):
        return free
    return min(free, max(0, 1 - has))


def before_the_round(places: int, *, pace: Pace | None) -> int:
    """How many of somebody's places late arrivals may fill while a round is to come: about half, the quiet's all."""
    return places if pace == "quiet" else (places + 1) // 2
