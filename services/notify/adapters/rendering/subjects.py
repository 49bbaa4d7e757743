"""The place for subject lines, a line a kind."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.notify.domain.facts import Gathering
from services.notify.domain.kinds import Kind
from services.notify.ports import MailRow

Words = Mapping[str, Any]

_SUBJECTS: dict[Kind, Callable[[MailRow, Words], str]] = {
    "address.confirm": lambda _, w: f"Please confirm: {w['g'].title}",
    "rsvp.confirmed": lambda _, w: f"You're going: {w['g'].title}, {w['g'].short_day}",
    "rsvp.waitlisted": lambda _, w: f"You're on the waiting list: {w['g'].title}",
    "rsvp.promoted": lambda _, w: f"A place is yours: {w['g'].title}, {w['g'].short_day}",
    "rsvp.changed": lambda _, w: f"Noted: your RSVP to {w['g'].title}",
    "rsvp.cancelled": lambda _, w: f"You're not coming any more: {w['g'].title}",
    "rsvp.link": lambda _, w: f"Your link for {w['g'].title}",
    "gathering.changed": lambda _, w: f"Changed: {w['g'].title}",
    "gathering.cancelled": lambda _, w: f"Cancelled: {w['g'].title}",
    "introduction.suggested": lambda _, w: f"Would you like to meet {w['names']}?",
    "introduction.made": lambda _, w: f"Meet {w['names']}",
    "table.made": lambda _, w: f"Your table at {w['g'].title}",
    "introduction.withdrawn": lambda _, w: (
        f"You and {w['names']} know each other" if w["acquainted"] else f"A change of plan for {w['g'].title}"
    ),
    "mentee.nudge": lambda _, w: f"A first word to {w['names']}?",
    "reminder.before": lambda mail, w: f"{'Today' if _is_today(mail) else 'Tomorrow'}: {w['g'].title}",
    "followup.after": lambda _, w: f"How was it? {w['g'].title}",
    "reconnect": lambda _, w: f"A month since {w['g'].title}",
    "erasure.done": lambda _mail, _words: "Your data is gone",
}


def subject_of(mail: MailRow, words: Words) -> str:
    return _SUBJECTS[mail.kind](mail, words)


def _is_today(mail: MailRow) -> bool:
    """Whether a reminder that was late is written on the day itself."""
    gathering = Gathering.from_context(mail.context["gathering"])
    zone = ZoneInfo(gathering.timezone)
    return mail.created_at.astimezone(zone).date() == gathering.starts_at.astimezone(zone).date()
