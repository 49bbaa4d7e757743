"""The place for what is written to whom about an RSVP or a gathering: one rule a cause, nothing is sent here."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from services.notify.domain.facts import COMING, Gathering, Person, Rsvp, Status
from services.notify.domain.kinds import Kind
from services.notify.domain.letters import Letter

Heard = Literal["requested", "confirmed", "waitlisted", "promoted", "changed", "cancelled", "declined"]

_PLAIN: dict[Heard, Kind] = {
    "confirmed": "rsvp.confirmed",
    "waitlisted": "rsvp.waitlisted",
    "promoted": "rsvp.promoted",
}
TOLD_FIELDS = ("title", "starts_at", "ends_at", "timezone", "place", "join_url", "format")
"""A change of these is worth a mail."""


def for_rsvp(
    heard: Heard,
    rsvp: Rsvp,
    gathering: Gathering,
    *,
    before: Status | None,
    now: datetime,
    tip: Mapping[str, str] | None = None,
    changed: Iterable[str] = (),
) -> Letter | None:
    """The mail that an RSVP's news is worth; None for what its owner knows or need not know."""
    if gathering.cancelled and rsvp.status in COMING:
        # heard of only now, so they were not among those who were told when it was called off
        return next(iter(for_cancelled_gathering(gathering, [rsvp], now=now)), None)
    kind = _kind_of(heard, rsvp, before=before)
    if kind is None or (kind != "rsvp.cancelled" and (gathering.cancelled or gathering.ends_at <= now)):
        return None
    return Letter(
        kind,
        rsvp.person,
        rsvp.gathering_id,
        cause=rsvp.rsvp_id,
        version=rsvp.version,
        own_action=rsvp.by == "attendee",
        context={
            "gathering": gathering.as_context(),
            "rsvp": {"status": rsvp.status, "guests": rsvp.guests, "introductions": rsvp.introductions, "by": rsvp.by},
            "changed": sorted(changed),
            "tip": dict(tip) if tip else None,
        },
    )


def _kind_of(heard: Heard, rsvp: Rsvp, *, before: Status | None) -> Kind | None:
    if heard == "requested":
        return "address.confirm" if rsvp.status == "pending" else None
    if heard in ("cancelled", "declined"):
        return "rsvp.cancelled" if _tells_of_leaving(heard, rsvp, before=before) else None
    if heard == "changed":
        # what an organiser or a list changed is theirs to tell; a person's own change is confirmed
        return "rsvp.changed" if rsvp.by == "attendee" and rsvp.status in COMING else None
    return _PLAIN[heard]


def _tells_of_leaving(heard: Heard, rsvp: Rsvp, *, before: Status | None) -> bool:
    """A list that says no mails nobody, and who never said yes has nothing to hear of."""
    if rsvp.by == "attendee":
        return heard == "cancelled" or before in COMING
    return rsvp.by == "organiser" and before in COMING


def for_link_request(rsvp: Rsvp, gathering: Gathering, *, request: str) -> Letter:
    """The personal link for the owner of an address that RSVPed again."""
    return Letter(
        "rsvp.link",
        rsvp.person,
        rsvp.gathering_id,
        cause=request,
        version=rsvp.version,
        own_action=True,
        context={"gathering": gathering.as_context(), "rsvp": {"status": rsvp.status}},
    )


def for_change(
    gathering: Gathering, before: Gathering, coming: Iterable[Rsvp], *, now: datetime, told: Mapping[str, Any]
) -> list[Letter]:
    """What everybody who is coming hears of a change of time, place, link, format or title.

    `told` gives, by attendee id, the facts last told to somebody whose earlier mail of a change is superseded by this.
    """
    if gathering.cancelled or gathering.ends_at <= now or not differences(before, gathering):
        return []
    now_told, before_told = gathering.as_context(), before.as_context()
    return [
        Letter(
            "gathering.changed",
            rsvp.person,
            gathering.gathering_id,
            cause=gathering.gathering_id,
            version=gathering.version,
            context={
                "gathering": now_told,
                "before": told.get(rsvp.attendee_id, before_told),
                "rsvp": {"status": rsvp.status},
            },
        )
        for rsvp in coming
    ]


def differences(before: Gathering, after: Gathering) -> list[str]:
    """The fields worth telling that are not the same."""
    return [name for name in TOLD_FIELDS if getattr(before, name) != getattr(after, name)]


def for_cancelled_gathering(gathering: Gathering, coming: Iterable[Rsvp], *, now: datetime) -> list[Letter]:
    """Everybody who was coming hears that nobody will meet there."""
    if gathering.ends_at <= now:
        return []
    context = {"gathering": gathering.as_context(), "reason": gathering.cancel_reason}
    return [
        Letter(
            "gathering.cancelled",
            rsvp.person,
            gathering.gathering_id,
            cause=gathering.gathering_id,
            version=gathering.version,
            context=context,
        )
        for rsvp in coming
    ]


def for_erasure(person: Person, *, version: int) -> Letter:
    """The last mail to somebody who is forgotten."""
    return Letter("erasure.done", person, "", cause=person.attendee_id, version=version, own_action=True)


def pick_tip(tips: Iterable[Mapping[str, str]], *, reader: str, salt: str) -> Mapping[str, str] | None:
    """One of the approved tips that is not the reader's own; the same for the same reader and cause."""
    others = sorted((tip for tip in tips if tip["attendee_id"] != reader), key=lambda tip: tip["attendee_id"])
    if not others:
        return None
    return others[sum((reader + salt).encode()) % len(others)]


def shown(people: Iterable[Any]) -> list[dict[str, Any]]:
    """JSON for a mail's row of what may be seen of people."""
    return [asdict(person) for person in people]
