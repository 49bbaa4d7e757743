"""The place for saying an introduction anew, when somebody changed what they told us or what may be shown."""

from collections.abc import Mapping
from dataclasses import replace

from services.intro.domain.introductions import Introduction
from services.intro.domain.matching import Pair
from services.intro.domain.matching.explain import explained_pair
from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring.facts import encode


def reworded(introduction: Introduction, people: Mapping[str, Person], rules: Rules) -> Introduction:
    """The same introduction, its words made of what its people share now. A table's are taken back instead."""
    ids = [seat.attendee_id for seat in introduction.seats]
    if len(ids) != 2 or any(person not in people for person in ids):
        silent = tuple(replace(seat, reasons=()) for seat in introduction.seats)
        return replace(introduction, seats=silent, opener="")
    a, b = people[ids[0]], people[ids[1]]
    said = explained_pair(Pair(a.id, b.id, introduction.score), a, b, encode([a, b], rules), rules)
    first, second = introduction.seats
    seats = (replace(first, reasons=said.reasons_for_a), replace(second, reasons=said.reasons_for_b))
    return replace(introduction, seats=seats, opener=said.opener)
