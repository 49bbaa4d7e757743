"""The place for saying an introduction anew: somebody left it, or changed what they told us or what may be shown."""

from collections.abc import Mapping
from dataclasses import replace

from services.intro.domain.introductions import Introduction
from services.intro.domain.matching import Pair, Table
from services.intro.domain.matching.explain import explained_pair, explained_table
from services.intro.domain.people import Person, Rules
from services.intro.domain.scoring.facts import encode


def reworded(introduction: Introduction, people: Mapping[str, Person], rules: Rules) -> Introduction:
    """The same introduction, its words made of what those who are still in it share now; of the others nothing."""
    here = [people[seat.attendee_id] for seat in introduction.seats if not seat.left and seat.attendee_id in people]
    reasons, opener = _words(here, introduction.score, rules) if len(here) > 1 else ({}, "")
    seats = tuple(replace(seat, reasons=reasons.get(seat.attendee_id, ())) for seat in introduction.seats)
    return replace(introduction, seats=seats, opener=opener)


def _words(people: list[Person], score: int, rules: Rules) -> tuple[Mapping[str, tuple[str, ...]], str]:
    """What is said to each, by id, and how to begin."""
    facts = encode(people, rules)
    if len(people) > 2:
        table = explained_table(Table(tuple(person.id for person in people), score), people, facts, rules)
        return table.reasons, table.opener
    a, b = people
    pair = explained_pair(Pair(a.id, b.id, score), a, b, facts, rules)
    return {a.id: pair.reasons_for_a, b.id: pair.reasons_for_b}, pair.opener
