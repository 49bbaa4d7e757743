"""The place for what the world is told of an introduction, each of its people in their own words."""

from collections.abc import Mapping

from services.intro.domain.coming import Rsvp, person_of
from services.intro.domain.expiry import MENTEE_PATIENCE
from services.intro.domain.introductions import Introduction
from services.intro.handlers import Tx
from shared import due
from shared.contracts.intro import IntroductionMade, IntroductionSuggested, ShownPerson, Side, TableLeft, TableMade
from shared.due import DueWork
from shared.ids import AttendeeId

EXPIRY, MENTEE = "introduction.expiry", "mentee.silent"
TABLE_FROM = 3


def say_proposed(
    tx: Tx, introduction: Introduction, rsvps: Mapping[AttendeeId, Rsvp], tips: Mapping[AttendeeId, str]
) -> None:
    """Says a new introduction: made at once where nobody had to be asked, else suggested until it expires."""
    if introduction.status == "made":
        _say_made(tx, introduction, rsvps, tips)
        return
    tx.say(
        IntroductionSuggested(
            version=introduction.version,
            introduction_id=introduction.id,
            gathering_id=introduction.gathering_id,
            people=introduction.people,
            sides=sides(introduction, rsvps, tips),
            expires_at=introduction.expires_at,
            round_id=introduction.round_id,
        )
    )
    due.plan(tx, DueWork(expiry_key(introduction), EXPIRY, introduction.id, introduction.expires_at, {}))


def say_made(tx: Tx, introduction: Introduction) -> None:
    """Says that an introduction was made, with what its people agree to show as of now."""
    store = tx.store.coming
    rsvps = store.rsvps(introduction.gathering_id, introduction.people)
    _say_made(tx, introduction, rsvps, store.tips(introduction.gathering_id))


def say_table_left(tx: Tx, introduction: Introduction) -> None:
    """Says that a table goes on without somebody, with the whole of it as it is now."""
    store = tx.store.coming
    rsvps = store.rsvps(introduction.gathering_id, introduction.people)
    tx.say(
        TableLeft(
            version=introduction.version,
            introduction_id=introduction.id,
            gathering_id=introduction.gathering_id,
            people=introduction.people,
            sides=sides(introduction, rsvps, store.tips(introduction.gathering_id)),
            state=introduction.status,
            expires_at=None if introduction.status == "made" else introduction.expires_at,
        )
    )


def _say_made(
    tx: Tx, introduction: Introduction, rsvps: Mapping[AttendeeId, Rsvp], tips: Mapping[AttendeeId, str]
) -> None:
    kind = TableMade if len(introduction.people) >= TABLE_FROM else IntroductionMade
    tx.say(
        kind(
            version=introduction.version,
            introduction_id=introduction.id,
            gathering_id=introduction.gathering_id,
            people=introduction.people,
            sides=sides(introduction, rsvps, tips),
            round_id=introduction.round_id,
        )
    )
    due.unplan(tx, expiry_key(introduction))
    sides_of = {person: person_of(rsvps[person]).mentor for person in introduction.people}
    for mentee in [person for person, side in sides_of.items() if side == "mentee" and "mentor" in sides_of.values()]:
        at = tx.now + MENTEE_PATIENCE
        due.plan(tx, DueWork(f"{MENTEE}:{introduction.id}:{mentee}", MENTEE, introduction.id, at, {"mentee": mentee}))


def forget_times(tx: Tx, introduction: Introduction) -> None:
    """Nothing is due any more for an introduction that is over."""
    due.unplan_subject(tx, introduction.id, kinds=(EXPIRY, MENTEE))


def expiry_key(introduction: Introduction) -> str:
    return f"{EXPIRY}:{introduction.id}"


def sides(
    introduction: Introduction, rsvps: Mapping[AttendeeId, Rsvp], tips: Mapping[AttendeeId, str]
) -> tuple[Side, ...]:
    """One side a person: the others with what they agreed to show, why, and how to begin."""
    people = introduction.people
    return tuple(
        Side(
            attendee_id=seat.attendee_id,
            others=tuple(shown(rsvps[other]) for other in people if other != seat.attendee_id),
            reasons=seat.reasons,
            opener=introduction.opener,
            tip=tips.get(introduction.tip_by) if introduction.tip_by else None,
            asked=seat.asked,
        )
        for seat in introduction.seats
        if seat.attendee_id in people
    )


def shown(rsvp: Rsvp) -> ShownPerson:
    return ShownPerson(
        attendee_id=rsvp.attendee_id,
        name=rsvp.name,
        role=rsvp.shared_text("role"),
        employer=rsvp.shared_text("employer"),
    )
