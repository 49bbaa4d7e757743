"""The place for what a row becomes: its words and links are gathered here, and given to the templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from services.notify.adapters.rendering.mime import Draft, Part, compose, one_line, parsed, wire_address
from services.notify.adapters.rendering.subjects import subject_of
from services.notify.adapters.rendering.templates import Templates
from services.notify.adapters.rendering.words import (
    changes_in_words,
    gathering_in_words,
    listed,
    moment_in_words,
    people_in_words,
)
from services.notify.domain.facts import Gathering
from services.notify.ports import MailRow, Message
from shared.calendar import CalendarEvent, calendar_file, method_of, place_in_words
from shared.links import Link, Links, Purpose

_WITH_JOIN = ("rsvp.confirmed", "rsvp.promoted", "gathering.changed", "reminder.before")
_WITH_CALENDAR = ("rsvp.confirmed", "rsvp.promoted", "gathering.changed", "gathering.cancelled")


@dataclass(slots=True)
class Renderer:
    """Renders rows to messages. Everything that it uses is in the row and in the settings."""

    sender: str
    public_url: str
    links: Links
    templates: Templates

    def __call__(self, mail: MailRow) -> Message:
        words = self.words(mail)
        draft = Draft(
            key=mail.key,
            date=mail.created_at,
            sender=self.sender,
            to=(mail.name, mail.email),
            subject=words["subject"],
            text=self.templates.text(mail.kind, words),
            html=self.templates.html(mail.kind, words),
            reply_to=[(other["name"], other["email"]) for other in mail.context.get("reply_to") or ()],
            headers=self._headers(mail, words),
            attachment=_calendar(mail),
        )
        return Message(
            key=mail.key,
            sender=wire_address(parsed(self.sender)[1]),
            recipient=wire_address(mail.email),
            body=compose(draft),
            created_at=mail.created_at,
            repeat=mail.claims > 1,
        )

    def words(self, mail: MailRow) -> dict[str, Any]:
        """What the templates of every kind may speak of."""
        context = mail.context
        gathering = Gathering.from_context(context["gathering"]) if context.get("gathering") else None
        told: dict[str, Any] = {
            "kind": mail.kind,
            "name": one_line(mail.name),
            "g": gathering_in_words(gathering) if gathering else None,
            "rsvp": context.get("rsvp") or {},
            "reason": context.get("reason") or "",
            "tip": context.get("tip"),
            "people": people_in_words(context.get("people") or ()),
            "reasons": context.get("reasons") or [],
            "opener": context.get("opener") or "",
            "table": bool(context.get("table")),
            "acquainted": bool(context.get("acquainted")),
            "links": _LinksOf(self, mail),
            "meets": [self._met(mail, met) for met in context.get("meets") or ()],
            "next": gathering_in_words(Gathering.from_context(context["next"])) if context.get("next") else None,
            "changes": _changes(context, gathering),
            "until": _until(context, gathering),
        }
        told["with_join"] = _WITH_JOIN
        told["names"] = listed([person["name"] for person in told["people"]])
        told["subject"] = one_line(subject_of(mail, told))
        told["heading"] = told["subject"].partition(":")[0]
        told["preview"] = told["subject"] if told["g"] is None else f"{told['g'].title}, {told['g'].day}"
        return told

    def link(self, page: str, purpose: Purpose, mail: MailRow, reference: str = "") -> str:
        gathering_id = "" if purpose == "unsubscribe" else mail.gathering_id
        return f"{self.public_url}/{page}/{self.links.sign(Link(purpose, mail.attendee_id, gathering_id, reference))}"

    def _met(self, mail: MailRow, met: Mapping[str, Any]) -> dict[str, Any]:
        people = people_in_words(met["people"])
        return {
            "people": people,
            "names": listed([person["name"] for person in people]),
            "reasons": met["reasons"],
            "opener": met["opener"],
            "feedback": self.link("i", "feedback", mail, met["introduction_id"]),
        }

    def _headers(self, mail: MailRow, words: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [
            ("List-Unsubscribe", f"<{words['links']['unsubscribe']}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
            ("X-Tablemates-Kind", mail.kind),
            *([("X-Tablemates-Gathering", mail.gathering_id)] if mail.gathering_id else []),
        ]


class _LinksOf(dict[str, str]):
    """The links of one mail, each signed when a template first asks for it."""

    def __init__(self, renderer: Renderer, mail: MailRow) -> None:
        super().__init__()
        self._renderer, self._mail = renderer, mail

    def __missing__(self, name: str) -> str:
        self[name] = self._made(name)
        return self[name]

    def _made(self, name: str) -> str:
        link, mail = self._renderer.link, self._mail
        if name in ("accept", "pass", "know"):
            return f"{link('i', 'answer', mail, mail.reference)}?answer={name}"
        if name == "unsubscribe":
            return link("u", "unsubscribe", mail)
        if name in ("my", "confirm"):
            return link("my", "my" if name == "my" else "confirm", mail)
        raise KeyError(name)


def _changes(context: Mapping[str, Any], gathering: Gathering | None) -> list[dict[str, str]]:
    if gathering is None or not context.get("before"):
        return []
    return changes_in_words(Gathering.from_context(context["before"]), gathering)


def _until(context: Mapping[str, Any], gathering: Gathering | None) -> str:
    if gathering is None or not context.get("expires_at"):
        return ""
    return moment_in_words(datetime.fromisoformat(context["expires_at"]), gathering.timezone)


def _calendar(mail: MailRow) -> Part | None:
    """The gathering as a calendar file, for those who have a place there."""
    waits = (mail.context.get("rsvp") or {}).get("status") == "waitlisted"
    if mail.kind not in _WITH_CALENDAR or waits:
        return None
    gathering = Gathering.from_context(mail.context["gathering"])
    event = CalendarEvent(
        gathering_id=gathering.gathering_id,
        sequence=gathering.version,
        stamp=mail.created_at,
        title=gathering.title,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        timezone=gathering.timezone,
        place=place_in_words(
            (gathering.place.name, gathering.place.city, gathering.place.region, gathering.place.country)
        ),
        description=gathering.description,
        url=gathering.url,
        join_url=gathering.join_url or "",
        cancelled=gathering.cancelled,
    )
    media_type = f'text/calendar; charset="utf-8"; method={method_of(event)}'
    return Part(media_type, _file_of(event), "gathering.ics")


@lru_cache(maxsize=64)
def _file_of(event: CalendarEvent) -> str:
    """The same file goes to everybody who hears in the same moment."""
    return calendar_file(event).decode()
