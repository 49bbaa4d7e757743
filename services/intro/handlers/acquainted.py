"""The place for people who know each other already: never proposed to each other, and what was is taken back."""

from services.intro.domain import introductions as rule
from services.intro.domain.gatherings import Gathering
from services.intro.domain.introductions import Introduction
from services.intro.handlers import Tx
from services.intro.handlers.telling import forget_times
from services.intro.handlers.waiting import suggest_soon
from shared.contracts.intro import IntroductionUnneeded
from shared.contracts.rsvp import PeopleAcquainted
from shared.ids import AttendeeId


def note_acquainted(tx: Tx, event: PeopleAcquainted) -> None:
    """Keeps it for ever and everywhere; indexes of gatherings that both come to learn of it.

    What was made stays made, and at a table people may know each other.
    """
    store = tx.store
    one, other = sorted(map(AttendeeId, event.people))
    if store.coming.is_erased(one) or store.coming.is_erased(other):
        return
    both_answered = set(store.coming.gatherings_of(one)) & set(store.coming.gatherings_of(other))
    gatherings = {}
    for gathering_id in sorted(both_answered):  # everybody locks in this order
        gathering = store.coming.lock(gathering_id)
        if gathering is not None:
            gatherings[gathering_id] = gathering
            store.coming.restamp(gathering_id, one, gathering.stamp)
    store.introductions.forbid((one, other), gathering_id=event.gathering_id)
    for introduction in store.introductions.between(one, other):
        undecided = introduction.status in rule.UNDECIDED and tx.now < introduction.expires_at
        if undecided and len(introduction.seats) == rule.NEEDED and introduction.gathering_id in gatherings:
            after = rule.recognised(introduction, one, other)
            take_back(tx, gatherings[introduction.gathering_id], introduction, after)


def take_back(tx: Tx, gathering: Gathering, before: Introduction, after: Introduction) -> None:
    """There is nothing to introduce: who was counting on it is told why, and both may be given somebody else."""
    tx.store.introductions.save(after, stamp=gathering.stamp)
    forget_times(tx, after)
    said_it = {seat.attendee_id for seat in after.seats if seat.answer == "know"}
    counting = rule.counting_on(before, now=tx.now)
    by_one_of_them = len(said_it) < len(after.seats)
    tx.say(
        IntroductionUnneeded(
            version=after.version,
            introduction_id=after.id,
            gathering_id=after.gathering_id,
            people=after.people,
            tell=tuple(who for who in counting if not (by_one_of_them and who in said_it)),
        )
    )
    suggest_soon(tx, gathering, {seat.attendee_id for seat in before.seats if not seat.left and seat.answer != "pass"})
