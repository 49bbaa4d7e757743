"""The place for the intro service's templates, and for the words in which its pages say what the code calls things."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.intro.domain.coming import Rsvp
from services.intro.domain.introductions import Status
from services.intro.store.views import Mine
from shared.pages import Pages

STATUSES: dict[Status, str] = {
    "suggested": "Suggested",
    "accepted": "One said yes",
    "made": "Introduced",
    "passed": "Passed",
    "expired": "Did not come about",
    "withdrawn": "Withdrawn",
}
HEADLINES: dict[Status, str] = {
    "suggested": "Would you like to meet {who}?",
    "accepted": "You would like to meet {who}",
    "made": "You and {who}",
    "passed": "Not this time",
    "expired": "This introduction did not come about",
    "withdrawn": "This introduction cannot happen any more",
}
GOOD_FOR = {
    "common_ground": "Something in common",
    "help": "Help, given or received",
    "path": "Somebody who has walked the same way",
    "closeness": "Somebody who lives near",
    "company": "Good company",
    "new_people": "Somebody from elsewhere",
    "nothing": "Nothing much",
}


def people(rsvps: Sequence[Rsvp]) -> str:
    """`Lee Okafor`, or `Lee Okafor, Ruth and Mina Castellanos`."""
    names = [rsvp.name for rsvp in rsvps] or ["somebody"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def headline(mine: Mine) -> str:
    """What stands over an introduction as one of its people sees it."""
    who = people(mine.others)
    if mine.status == "withdrawn" and mine.introduction.knew_each_other:
        return f"You and {who} know each other already"
    return HEADLINES[mine.status].format(who=who)


def work(rsvp: Rsvp) -> str:
    """`Data librarian, Piedmont State University`, as far as they agreed to show it."""
    return ", ".join(part for name in ("role", "employer") if (part := rsvp.shared_text(name)))


def at(moment: datetime, timezone: str) -> str:
    """`Thursday, 4 March, 12:00`, in the gathering's own time."""
    there = moment.astimezone(ZoneInfo(timezone))
    return f"{there:%A}, {there.day} {there:%B}, {there:%H:%M}"


WORDS: dict[str, Any] = {
    "statuses": STATUSES,
    "all_good_for": GOOD_FOR,
    "people": people,
    "headline": headline,
    "work": work,
    "at": at,
}
PAGES = Pages(Path(__file__).parent, WORDS)
