"""The place for one person's history: what each service said of them, and which mails followed, by correlation id."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from deploy.cli import say
from deploy.cli.operate import opened
from services.notify.store.tables import mails
from services.rsvp.domain.addresses import read_address
from services.rsvp.store.tables import attendees
from shared.errors import NotFound
from shared.settings import Settings
from shared.tables import outbox, parked


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: no names, no addresses, no answers."""

    at: datetime
    service: str
    what: str
    subject: str
    correlation_id: str
    trace_id: str


async def history(settings: Settings, who: str, *, as_json: bool) -> None:
    """Everything about one attendee (an address or an id), or everything with one correlation id."""
    async with opened(settings) as parts:
        word = await parts["rsvp"].run.read(_attendee_at, who) if "@" in who else who
        if word is None:
            raise NotFound("Nobody with that address is here.")
        found: list[Happened] = []
        for name, part in parts.items():
            found += await part.run.read(_said, name, word)
            found += await part.run.read(_parked, name, word)
        found += await parts["notify"].run.read(_mailed, word)
    found.sort(key=lambda one: one.at)
    if as_json:
        say.as_json([asdict(one) for one in found])
        return
    for one in found:
        say.line(
            f"{one.at:%Y-%m-%d %H:%M:%S.%f}  {one.service:6} {one.what:34} {one.subject}"
            f"  correlation {one.correlation_id or '-'}"
        )
    say.line(f"{len(found)} entries; the services' logs have more under each correlation id" if found else "Nothing.")


def _attendee_at(store: Any, email: str) -> str | None:
    found = store.sql.execute(sa.select(attendees.c.id).where(attendees.c.key == read_address(email).key)).scalar()
    return str(found) if found else None


def _said(store: Any, service: str, word: str) -> Sequence[Happened]:
    rows = store.sql.execute(
        sa.select(outbox.c.created_at, outbox.c.type, outbox.c.body).where(
            outbox.c.body.contains(word, autoescape=True)
        )
    )
    return [_happened(row.created_at, service, row.type, json.loads(row.body)) for row in rows]


def _parked(store: Any, service: str, word: str) -> Sequence[Happened]:
    rows = store.sql.execute(sa.select(parked).where(parked.c.body.contains(word, autoescape=True)))
    return [_happened(row.since, service, f"{row.state}: {row.type}", _read(row.body)) for row in rows]


def _mailed(store: Any, word: str) -> Sequence[Happened]:
    rows = store.sql.execute(
        sa.select(mails).where(sa.or_(mails.c.attendee_id == word, mails.c.correlation_id == word))
    )
    return [
        _happened(
            row.created_at,
            "notify",
            f"mail {row.kind} {row.state}",
            {"subject": row.key, "correlationid": row.correlation_id, "traceparent": row.traceparent},
        )
        for row in rows
    ]


def _read(body: str) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _happened(at: datetime, service: str, what: str, envelope: Mapping[str, Any]) -> Happened:
    short = re.sub(r"^tablemates\.|\.v\d+$", "", what)
    trace = str(envelope.get("traceparent") or "--").split("-")[1]
    return Happened(
        at, service, short, str(envelope.get("subject", "")), str(envelope.get("correlationid") or ""), trace
    )
