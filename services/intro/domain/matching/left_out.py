"""The place for who stays without an introduction, and the reason in one sentence for the organiser."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import numpy as np

from services.intro.domain.matching.graph import Flags, Graph
from services.intro.domain.matching.plan import LeftOut
from services.intro.domain.matching.taking_part import Participants

_NO_SINGLE_CAUSE = "Nobody is left whom they may meet: the same employer, known already, kept apart, or no common way."


def left_out(taking_part: Participants, graph: Graph, has_somebody: Flags) -> Iterator[LeftOut]:
    """`has_somebody`: introduced now, before, or at a table."""
    candidates = np.zeros(len(taking_part.ids), dtype=bool)
    candidates[graph.u] = candidates[graph.v] = True
    everybody = _Everybody(taking_part)
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
            yield LeftOut(person, "no_candidate", everybody.why_nobody(i))


class _Everybody:
    """Counted once, so that each of very many who are left out is told quickly why."""

    def __init__(self, taking_part: Participants) -> None:
        facts = self._facts = taking_part.facts
        strangers = taking_part.apart[taking_part.apart[:, 0] != taking_part.apart[:, 1]]
        self._count = len(facts)
        self._of_employer, self._of_side = Counter(facts.employer.tolist()), Counter(facts.side.tolist())
        self._of_ways, self._of_languages = Counter(facts.ways.tolist()), Counter(facts.languages.tolist())
        self._apart = np.bincount(strangers.ravel(), minlength=len(facts))
        self._without_places = int((taking_part.room == 0).sum())
        self._sharing_languages = cache(self._who_shares_languages)

    def why_nobody(self, i: int) -> str:
        facts, others = self._facts, self._count - 1
        employer, side = int(facts.employer[i]), int(facts.side[i])
        causes = {
            "Everybody else has the same employer.": not facts.same_employer
            and employer >= 0
            and self._of_employer[employer] == self._count,
            "Nobody else can meet in the same way.": self._who_meets_like(int(facts.ways[i])) <= 1,
            "Nobody else named a language in common.": self._sharing_languages(int(facts.languages[i])) <= 1,
            "Everybody else is on the same side: mentors meet those who look for one.": bool(facts.sides_only and side)
            and self._of_side[side] == self._count,
            "They know everybody here already, or are kept apart.": int(self._apart[i]) == others,
            "Everybody else has no place left: they are introduced to others already.": self._without_places == others,
        }
        told = (sentence for sentence, holds in causes.items() if holds)
        return next(told, _NO_SINGLE_CAUSE)

    def _who_meets_like(self, mine: int) -> int:
        return sum(count for theirs, count in self._of_ways.items() if theirs & mine)

    def _who_shares_languages(self, mine: int) -> int:
        alike = (count for theirs, count in self._of_languages.items() if not mine or not theirs or theirs & mine)
        return sum(alike)
