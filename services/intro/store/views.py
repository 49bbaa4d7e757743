"""The place for what is read and shown: by attendees of their own introductions, by organisers of a gathering."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.intro.domain import introductions as rule
from services.intro.domain.coming import Rsvp, RsvpUnknown
from services.intro.domain.feedback import Report, better_than_chance
from services.intro.domain.gatherings import Gathering, GatheringUnknown
from services.intro.domain.introductions import Introduction, IntroductionUnknown
from services.intro.domain.learning import told_back
from services.intro.domain.meetings import Said
from services.intro.domain.rounds import Round, RoundUnknown
from services.intro.store import SqlStore
from services.intro.store.introductions import INTRODUCTION, read_introductions
from services.intro.store.tables import gatherings, introductions, rounds, waiting
from shared.ids import AttendeeId
from shared.links import Link


@dataclass(frozen=True, slots=True)
class Mine:
    """An introduction as one of its people may see it."""

    introduction: Introduction
    seat: rule.Seat
    status: rule.Status
    gathering: Gathering
    others: tuple[Rsvp, ...]
    tip: str | None
    said: Said | None


@dataclass(frozen=True, slots=True)
class RoundShown:
    """A round with the names that organisers know from their own list, by the round's numbers."""

    round: Round
    gathering: Gathering
    rsvps: Mapping[AttendeeId, Rsvp]


def pending(store: SqlStore) -> dict[str, int]:
    """What the service is about to do of itself."""
    waiting_now = store.sql.execute(sa.select(sa.func.count()).select_from(waiting)).scalar_one()
    asked = store.sql.execute(
        sa.select(sa.func.count()).select_from(rounds).where(rounds.c.state == "asked")
    ).scalar_one()
    return {"people who wait for suggestions": waiting_now, "rounds to run": asked}


def knows_key(store: SqlStore, fingerprint: str) -> bool:
    return store.coming.knows_key(fingerprint)


def mine(store: SqlStore, link: Link, now: datetime) -> list[Mine]:
    """What the holder of a link may see, newest first: one introduction, one gathering's, or all of theirs."""
    me = AttendeeId(link.attendee_id)
    found = store.introductions.all_of(me, link.gathering_id or None)
    if link.purpose in ("answer", "feedback") and link.reference:
        found = [introduction for introduction in found if introduction.id == link.reference]
    return [_mine(store, introduction, me, now) for introduction in reversed(found) if _is_shown_to(introduction, me)]


def _seat(introduction: Introduction, who: AttendeeId) -> rule.Seat | None:
    return next((seat for seat in introduction.seats if seat.attendee_id == who and not seat.left), None)


def _mine(store: SqlStore, introduction: Introduction, me: AttendeeId, now: datetime) -> Mine:
    gathering = store.coming.gathering(introduction.gathering_id)
    if gathering is None:
        raise GatheringUnknown
    others = [person for person in introduction.people if person != me]
    rsvps_of = store.coming.rsvps(gathering.id, others)
    tips = store.coming.tips(gathering.id) if introduction.tip_by else {}
    return Mine(
        introduction=introduction,
        seat=introduction.seat_of(me),
        status=rule.seen_by(introduction, me, now=now),
        gathering=gathering,
        others=tuple(rsvps_of[person] for person in others if person in rsvps_of),
        tip=tips.get(introduction.tip_by) if introduction.tip_by else None,
        said=store.introductions.feedback_of(introduction.id, me),
    )


def my_introduction(store: SqlStore, link: Link, introduction_id: str, now: datetime) -> Mine:
    """One of them. Raises IntroductionUnknown."""
    for shown in mine(store, link, now):
        if shown.introduction.id == introduction_id:
            return shown
    raise IntroductionUnknown


def learnt_of(store: SqlStore, link: Link) -> list[str]:
    """What somebody's feedback has taught us, in words."""
    return told_back(store.learning.learnt_of(link.attendee_id))


def evidence_of(store: SqlStore, gathering_id: str) -> tuple[dict[str, int], Report]:
    """What was told of a gathering's introductions, and whether they did better than chance."""
    gathering_shown(store, gathering_id)
    return store.learning.answers_at(gathering_id), better_than_chance(store.learning.ratings_at(gathering_id))


@dataclass(frozen=True, slots=True)
class Asked:
    """What answers "why not X?": the newest round, who asks, and X where they are on the list."""

    round: Round | None
    gathering: Gathering
    asker: Rsvp
    other: Rsvp | None
    proposed: bool
    seen: bool = False


def asked_why(store: SqlStore, link: Link, whom: str) -> Asked:
    """`whom` is an address or a whole name. Raises GatheringUnknown or RsvpUnknown."""
    gathering = gathering_shown(store, link.gathering_id)
    asker = store.coming.rsvp(gathering.id, link.attendee_id)
    if asker is None:
        raise RsvpUnknown
    newest = next((kept for kept in store.rounds.of(gathering.id, limit=5) if kept.state == "ran"), None)
    other = store.coming.find(gathering.id, whom.strip())
    couple = tuple(sorted((asker.attendee_id, other.attendee_id))) if other else ("", "")
    return Asked(
        round=store.rounds.get(newest.id) if newest else None,
        gathering=gathering,
        asker=asker,
        other=other,
        proposed=bool(store.introductions.taken([(AttendeeId(couple[0]), AttendeeId(couple[1]))])),
        seen=couple[0] != couple[1]
        and any(_is_shown_to(one, asker.attendee_id) for one in store.introductions.between(*couple)),
    )


def _is_shown_to(introduction: Introduction, who: AttendeeId) -> bool:
    """What a `direct` gathering still asks the other for is not shown to somebody who need not be asked."""
    seat = _seat(introduction, who)
    return seat is not None and (seat.asked or introduction.status not in rule.UNDECIDED)


def gathering_shown(store: SqlStore, gathering_id: str) -> Gathering:
    """Raises GatheringUnknown."""
    gathering = store.coming.gathering(gathering_id)
    if gathering is None:
        raise GatheringUnknown
    return gathering


def id_of(store: SqlStore, reference: str) -> str:
    """A gathering's id, by id or slug. Raises GatheringUnknown."""
    if store.coming.gathering(reference) is not None:
        return reference
    named = sa.select(gatherings.c.id).where(gatherings.c.url.endswith(f"/g/{reference}", autoescape=True))
    found: str | None = store.sql.execute(named).scalar()
    if found is None:
        raise GatheringUnknown
    return found


def introductions_of(
    store: SqlStore, gathering_id: str, *, after: str, limit: int, round_id: str | None = None
) -> tuple[list[Introduction], dict[AttendeeId, Rsvp]]:
    """A page of a gathering's introductions, oldest first, and their people. Raises GatheringUnknown."""
    gathering_shown(store, gathering_id)
    where = [introductions.c.gathering_id == gathering_id, introductions.c.id > after]
    if round_id:
        where.append(introductions.c.round_id == round_id)
    rows = store.sql.execute(sa.select(*INTRODUCTION).where(*where).order_by(introductions.c.id).limit(limit)).all()
    found = read_introductions(store.sql, rows)
    people = {seat.attendee_id for introduction in found for seat in introduction.seats}
    return found, store.coming.rsvps(gathering_id, people)


def counted(store: SqlStore, gathering_id: str) -> dict[str, int]:
    """How many introductions of a gathering are in which state."""
    rows = store.sql.execute(
        sa.select(introductions.c.status, sa.func.count())
        .where(introductions.c.gathering_id == gathering_id)
        .group_by(introductions.c.status)
        .order_by(introductions.c.status)
    )
    return {row[0]: row[1] for row in rows}


def rounds_of(store: SqlStore, gathering_id: str, *, before: str, limit: int) -> list[Round]:
    """A page of a gathering's rounds, newest first. Raises GatheringUnknown."""
    gathering_shown(store, gathering_id)
    return store.rounds.of(gathering_id, before=before, limit=limit)


def round_shown(store: SqlStore, round_id: str, gathering_id: str | None = None) -> RoundShown:
    """A round with its gathering and names. Raises RoundUnknown."""
    kept = store.rounds.get(round_id)
    if kept is None or (gathering_id is not None and kept.gathering_id != gathering_id):
        raise RoundUnknown
    return named(store, kept)


def named(store: SqlStore, kept: Round) -> RoundShown:
    """A round, also one that was only tried out, with the names of those who took part."""
    return RoundShown(
        kept, gathering_shown(store, kept.gathering_id), store.coming.rsvps(kept.gathering_id, kept.people)
    )
