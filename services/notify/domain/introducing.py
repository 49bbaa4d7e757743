"""The place for what is written to whom about introductions: asked, made, withdrawn, and how it went."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.notify.domain.deciding import shown
from services.notify.domain.facts import NOT_COMING, Gathering, Introduction, Person, Rsvp, Side
from services.notify.domain.kinds import Kind
from services.notify.domain.letters import Letter
from services.notify.domain.timing import Offset, useful_until


def may_be_told(introduction: Introduction, rsvps: Mapping[str, Rsvp], people: Mapping[str, Person]) -> bool:
    """Nobody is introduced to somebody who will not be there, or who wants no mail."""
    return all(
        people[who].suppressed is None and (who not in rsvps or rsvps[who].status not in NOT_COMING)
        for who in introduction.people
    )


def for_suggestion(introduction: Introduction, people: Mapping[str, Person], gathering: Gathering) -> list[Letter]:
    """Each person who is asked hears whom they could meet, and why."""
    asked = [side for side in introduction.sides if side.asked]
    return [
        _to(side, "introduction.suggested", introduction, people, gathering, expires_at=introduction.expires_at)
        for side in asked
    ]


def for_made(introduction: Introduction, people: Mapping[str, Person], gathering: Gathering) -> list[Letter]:
    """Everybody hears who the others are, and a reply goes to them."""
    kind: Kind = "table.made" if introduction.table else "introduction.made"
    return [
        _to(
            side,
            kind,
            introduction,
            people,
            gathering,
            reply_to=[
                {"attendee_id": other.attendee_id, "name": other.name, "email": people[other.attendee_id].email}
                for other in side.others
                if other.attendee_id in people
            ],
        )
        for side in introduction.sides
    ]


def for_withdrawal(
    introduction: Introduction,
    people: Mapping[str, Person],
    gathering: Gathering,
    *,
    tell: Collection[str],
    heard_before: Collection[str],
    cause: str,
    now: datetime,
) -> list[Letter]:
    """Those who were counting on it hear that it falls through, and why only where they know each other already; who
    never heard of it hears nothing, and nobody hears it once the gathering is over.

    `heard_before` are those to whom a mail about it was handed over.
    """
    if gathering.ends_at <= now:
        return []
    sides = [side for side in introduction.sides if side.attendee_id in tell and side.attendee_id in heard_before]
    return [
        _to(side, "introduction.withdrawn", introduction, people, gathering, acquainted=cause == "acquainted")
        for side in sides
        # a cancelled gathering has its own mail, which says so already
        if side.attendee_id in people and cause != "gathering_cancelled"
    ]


def for_silent_mentee(
    introduction: Introduction, person: Person, gathering: Gathering, *, version: int
) -> Letter | None:
    """A nudge to make the first contact."""
    side = introduction.side_of(person.attendee_id)
    if side is None or introduction.state != "made":
        return None
    return _to(side, "mentee.nudge", introduction, {person.attendee_id: person}, gathering, version=version)


def for_offset(
    offset: Offset,
    gathering: Gathering,
    rsvp: Rsvp,
    *,
    made: Sequence[Introduction],
    absent: Collection[str] = (),
    following: Gathering | None = None,
    tip: Mapping[str, str] | None = None,
) -> Letter | None:
    """A reminder or follow-up for one person who is going; None when it would have nothing to say.

    `absent` are people who were not seen at the door, `following` is the next gathering near this person.
    """
    meets = [told for told in (_met(introduction, rsvp.attendee_id, absent) for introduction in made) if told]
    if offset == "followup.after" and not meets:
        return None
    if offset == "reconnect" and not meets and following is None:
        return None
    return Letter(
        offset,
        rsvp.person,
        gathering.gathering_id,
        cause=gathering.gathering_id,
        version=gathering.start_version,
        expires_at=useful_until(offset, gathering),
        context={
            "gathering": gathering.as_context(),
            "meets": meets,
            "next": following.as_context() if following else None,
            "tip": dict(tip) if tip else None,
        },
    )


def narrowed(table: Introduction, heard: Introduction) -> Introduction:
    """A table after somebody left it: only those who still meet, in the words that were heard with it."""
    people = heard.people
    left = tuple(
        replace(side, others=tuple(other for other in side.others if other.attendee_id in people))
        for side in table.sides
        if side.attendee_id in people
    )
    return replace(
        table,
        version=heard.version,
        people=tuple(who for who in table.people if who in people),
        sides=heard.sides or left,
    )


def _met(introduction: Introduction, attendee_id: str, absent: Collection[str]) -> dict[str, Any] | None:
    side = introduction.side_of(attendee_id)
    others = [other for other in side.others if other.attendee_id not in absent] if side else []
    if side is None or not others:
        return None
    return {
        "introduction_id": introduction.introduction_id,
        "people": shown(others),
        "reasons": list(side.reasons),
        "opener": side.opener,
    }


def _to(
    side: Side,
    kind: Kind,
    introduction: Introduction,
    people: Mapping[str, Person],
    gathering: Gathering,
    *,
    version: int | None = None,
    expires_at: datetime | None = None,
    **further: Any,
) -> Letter:
    return Letter(
        kind,
        people[side.attendee_id],
        introduction.gathering_id,
        cause=introduction.introduction_id,
        version=introduction.version if version is None else version,
        reference=introduction.introduction_id,
        expires_at=expires_at,
        context={
            "gathering": gathering.as_context(),
            "people": shown(side.others),
            "reasons": list(side.reasons),
            "opener": side.opener,
            "tip": {"text": side.tip} if side.tip else None,
            "expires_at": introduction.expires_at.isoformat() if introduction.expires_at else None,
            "table": len(introduction.people) > 2,
            **further,
        },
    )
