"""The place for making one person of several rows.

One address is one attendee. Of a person's rows these rules keep one, and the others fill its blanks:

1. Rows that carry a time of change (a form filled in twice, JSON lines with `updated_at`): the latest is the
   truth, whole; nothing of an earlier answer is mixed in. Of equal times rule 2 decides.
2. Else the furthest along: going, then waitlisted, pending approval, declined, cancelled, maybe, invited. So a
   refunded ticket beside a valid one does not send its owner home. Of equal ones the first row.
3. JSON lines without times are answers in the order in which they were given: the last is the truth.
4. Where a row is a ticket (Eventbrite, pretix, Hi.Events), a buyer's further tickets of the same status are
   guests. Elsewhere a second row is the same person again, and the larger number of guests counts.
5. Consent needs a yes and no no among the rows that count.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from services.rsvp.domain.guest_lists.guests import PlusOne, Seat
from services.rsvp.domain.guest_lists.records import Guest, Refusal, Status
from services.rsvp.domain.profiles import GUESTS_MAX, filled

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FURTHEST_FIRST = (
    Status.GOING, Status.WAITLISTED, Status.PENDING_APPROVAL, Status.DECLINED, Status.CANCELLED, Status.MAYBE,
    Status.INVITED,
)  # fmt: skip


def each_person_once(
    seats: Sequence[Seat], *, rows_are_tickets: bool = False, last_is_true: bool = False
) -> tuple[tuple[Guest, ...], tuple[str, ...]]:
    """The people in the order in which they first stand, and a note on those who stand several times."""
    people: dict[str, list[Seat]] = {}
    for seat in seats:
        people.setdefault(seat.guest.address.key, []).append(seat)
    merged = tuple(_one(rows, rows_are_tickets, last_is_true) for rows in people.values())
    several = [(rows, guest) for rows, guest in zip(people.values(), merged, strict=True) if len(rows) > 1]
    return merged, _notes(several)


def with_plus_ones(
    guests: Sequence[Guest], plus_ones: Sequence[PlusOne]
) -> tuple[tuple[Guest, ...], tuple[Refusal, ...]]:
    """Plus-ones without an address counted as guests of whom they come with, and those whose host is missing.

    One with another status than the host's (cannot come, only invited) takes no seat and is not counted.
    """
    at = {guest.name.strip().casefold(): position for position, guest in reversed(list(enumerate(guests)))}
    found, refused = list(guests), []
    for plus_one in plus_ones:
        position = at.get(plus_one.of.casefold())
        if position is None:
            reason = f"This is a plus-one of “{plus_one.of[:80]}”, who is not on the list."
            refused.append(Refusal(plus_one.line, reason))
        elif plus_one.status is found[position].status:
            host = found[position]
            found[position] = replace(host, guests=min(host.guests + 1, GUESTS_MAX))
    return tuple(found), tuple(refused)


def _one(rows: list[Seat], rows_are_tickets: bool, last_is_true: bool) -> Guest:
    if len(rows) == 1:
        seat = rows[0]
        return replace(seat.guest, guests=seat.guest.guests + max(seat.seats - 1, 0))
    if last_is_true or any(row.guest.updated_at for row in rows):
        best = max(rows, key=_latest if last_is_true else _latest_and_furthest).guest
        return replace(best, line=rows[0].guest.line, created_at=_earliest(rows))
    best = min(rows, key=lambda row: (_FURTHEST_FIRST.index(row.guest.status), row.seats == 0)).guest
    counting = [row for row in rows if row.guest.status is best.status]
    return _filled(replace(best, line=rows[0].guest.line, created_at=_earliest(rows)), counting, rows_are_tickets)


def _filled(best: Guest, counting: list[Seat], rows_are_tickets: bool) -> Guest:
    profile, answers = best.profile, dict(best.answers)
    for row in counting:
        profile = filled(profile, row.guest.profile)
        answers = {**row.guest.answers, **answers}
    said = {row.guest.introductions for row in counting}
    guests = [row.guest.guests for row in counting]
    tickets = sum(row.seats for row in counting) - 1 + sum(guests)
    return replace(
        best,
        name=best.name or next((row.guest.name for row in counting if row.guest.name), ""),
        guests=min(max(tickets, 0), GUESTS_MAX) if rows_are_tickets else max(guests),
        checked_in=any(row.guest.checked_in for row in counting),
        introductions=False if False in said else True if True in said else None,
        profile=profile,
        answers=answers,
    )


def _latest(row: Seat) -> tuple[datetime, int]:
    return row.guest.updated_at or _LONG_AGO, row.guest.line


def _latest_and_furthest(row: Seat) -> tuple[datetime, int]:
    return row.guest.updated_at or _LONG_AGO, -_FURTHEST_FIRST.index(row.guest.status)


def _earliest(rows: list[Seat]) -> datetime | None:
    return min((row.guest.created_at for row in rows if row.guest.created_at), default=None)


def _notes(several: list[tuple[list[Seat], Guest]]) -> tuple[str, ...]:
    if not several:
        return ()
    told = [_note(rows, guest) for rows, guest in several[:5]]
    more = len(several) - len(told)
    return (*told, f"{more} more people stand in several rows and are counted once.") if more else tuple(told)


def _note(rows: list[Seat], guest: Guest) -> str:
    lines = [str(row.guest.line) for row in rows[:10]]
    named = f"{', '.join(lines[:-1])} and {lines[-1]}" if len(rows) <= len(lines) else f"{', '.join(lines)} and more"
    with_guests = {0: "", 1: " with 1 guest"}.get(guest.guests, f" with {guest.guests} guests")
    return f"Lines {named} have the same address: counted as one person, {guest.status.replace('_', ' ')}{with_guests}."
