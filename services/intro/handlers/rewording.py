"""The place for the words of an introduction when its people, or what they share, are not what they were."""

from services.intro.domain.coming import person_of
from services.intro.domain.gatherings import Gathering, rules
from services.intro.domain.introductions import Introduction
from services.intro.domain.people import Person
from services.intro.domain.rewording import reworded
from services.intro.handlers import Tx


def say_anew(tx: Tx, gathering: Gathering, introduction: Introduction) -> Introduction:
    """Keeps the introduction in words made of what those who are still in it share now."""
    store = tx.store
    rsvps = store.coming.rsvps(gathering.id, [seat.attendee_id for seat in introduction.seats])
    people: dict[str, Person] = {person: person_of(rsvp) for person, rsvp in rsvps.items()}
    tips = tuple(store.coming.tips(gathering.id).values())
    said = reworded(introduction, people, rules(gathering, seed=0, tips=tips, hold_back=False))
    store.introductions.reword(said)
    return said
