"""The place for what somebody says about how an introduction went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.intro.domain.introductions import Introduction
from shared.errors import TablematesError
from shared.ids import AttendeeId

GoodFor = Literal["common_ground", "help", "path", "closeness", "company", "new_people", "nothing"]


class TooEarlyToSay(TablematesError):
    """This introduction has not been made, so nobody can have met through it yet."""

    code = "too_early_to_say"
    status = 409


@dataclass(frozen=True, slots=True)
class Said:
    """Did you meet, would you meet again, what was it good for."""

    met: bool
    again: bool | None = None
    good_for: tuple[GoodFor, ...] = ()


def check_may_say(introduction: Introduction, who: AttendeeId, *, starts_at: datetime, now: datetime) -> None:
    """Raises IntroductionUnknown, or TooEarlyToSay where there was nothing to go by yet."""
    seat = introduction.seat_of(who)
    if introduction.status != "made" or not seat.agrees:
        raise TooEarlyToSay
    if now < starts_at:
        raise TooEarlyToSay("The gathering has not begun; tell us afterwards how it went.")
