"""The place for scoring everybody against everybody, for gatherings where that is quick."""

import numpy as np

from services.intro.domain.matching.graph import Graph, Ints, graph_of
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.scoring.facts import Facts
from services.intro.domain.scoring.score import NEVER, against


def score_matrix(facts: Facts) -> Ints:
    """Symmetric; -1 on the diagonal and where the rules forbid the pair."""
    n = len(facts)
    scores = np.full((n, n), NEVER, dtype=np.int32)
    everybody = np.arange(n)
    for u in range(n - 1):
        scores[u, u + 1 :] = against(facts, u, everybody[u + 1 :]).scores
    return np.maximum(scores, scores.T)


def full_graph(who: Participants, scores: Ints) -> Graph:
    """All allowed pairs between people with a place."""
    scores = scores.copy()
    one, other = who.apart.T
    scores[one, other] = scores[other, one] = NEVER
    return graph_of(scores, who.room, met=who.met, newcomer=who.newcomer, welcomer=who.welcomer)
