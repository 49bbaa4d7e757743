"""The place for who stays without an introduction, and the reason in one sentence for the organiser."""

from collections.abc import Iterator

import numpy as np

from services.intro.domain.matching.graph import Flags, Graph
from services.intro.domain.matching.plan import LeftOut
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring.facts import Facts


def left_out(taking_part: Participants, graph: Graph, has_somebody: Flags) -> Iterator[LeftOut]:
    """`has_somebody`: introduced now, before, or at a table."""
    candidates = np.zeros(len(taking_part.ids), dtype=bool)
    candidates[graph.u] = candidates[graph.v] = True
    for i in map(int, np.nonzero(~has_somebody)[0]):
        person = taking_part.ids[i]
        if len(taking_part.ids) == 1:
            yield LeftOut(person, "alone", "Nobody else who wants introductions is coming yet.")
        elif taking_part.room[i] == 0:
            yield LeftOut(person, "no_places", "They asked for no introductions this time.")
        elif candidates[i]:
            yield LeftOut(
                person,
                "places_taken",
                "Everybody they could meet has no place left: the places went to people who would "
                "otherwise have nobody.",
            )
        else:
            yield LeftOut(person, "no_candidate", _why_nobody(taking_part, i))


def _why_nobody(taking_part: Participants, i: int) -> str:
    facts = taking_part.facts
    others = np.arange(len(facts)) != i
    causes = {
        "Everybody else has the same employer.": _same_employer(facts, i),
        "Nobody else can meet in the same way.": (facts.ways & facts.ways[i]) == 0,
        "Nobody else named a language in common.": _no_language(facts, i),
        "Everybody else is on the same side: mentors meet those who look for one.": _same_side(facts, i),
        "They know everybody here already, or are kept apart.": _apart(taking_part, i),
        "Everybody else has no place left: they are introduced to others already.": taking_part.room == 0,
    }
    for sentence, holds in causes.items():
        if holds[others].all():
            return sentence
    return "Nobody is left whom they may meet: the same employer, known already, kept apart, or no common way."


def _same_employer(facts: Facts, i: int) -> Flags:
    if facts.same_employer or facts.employer[i] < 0:
        return np.zeros(len(facts), dtype=bool)
    return np.asarray(facts.employer == facts.employer[i])


def _no_language(facts: Facts, i: int) -> Flags:
    mine = facts.languages[i]
    return np.asarray((mine != 0) & (facts.languages != 0) & ((facts.languages & mine) == 0))


def _same_side(facts: Facts, i: int) -> Flags:
    return np.asarray((facts.side == facts.side[i]) & bool(facts.sides_only and facts.side[i]))


def _apart(taking_part: Participants, i: int) -> Flags:
    flags = np.zeros(len(taking_part.ids), dtype=bool)
    pairs = taking_part.apart[(taking_part.apart == i).any(axis=1)]
    flags[pairs.ravel()] = True
    return flags
