"""The repair of the prices engine, beside the linear programme: who is welcomed where hardly anybody has a choice.

One search at a time is no proof: of 600 such graphs 39 have a newcomer more who could be welcomed, if two paths were
turned at once. In these 25 there is none.
"""

import numpy as np
import pytest

from services.intro.domain.matching.graph import Graph, graph_of
from services.intro.domain.matching.large.adjacency import Edges, Flags, adjacency
from services.intro.domain.matching.large.market import NEWCOMER, WELCOMER, Market
from services.intro.domain.matching.large.repair import cover
from services.intro.domain.matching.large.taken import take_in_order
from services.intro.domain.matching.large.welcome import welcome
from services.intro.domain.matching.relaxed import relax

pytestmark = pytest.mark.slow

PEOPLE = 40


def hardly_any_choice(seed: int) -> Graph:
    """One or two places each, a few candidates, a third of them newcomers."""
    chance = np.random.default_rng(seed)
    scores = chance.integers(0, 65536, (PEOPLE, PEOPLE)).astype(np.int32)
    scores[chance.random((PEOPLE, PEOPLE)) > 0.05 + 0.2 * chance.random()] = -1
    scores = np.triu(scores, 1) + np.tril(np.full((PEOPLE, PEOPLE), -1), 0)
    newcomer = chance.random(PEOPLE) < 0.35
    welcomer = ~newcomer & (chance.random(PEOPLE) < 0.3)
    return graph_of(
        np.maximum(scores, scores.T).astype(np.int32),
        chance.integers(1, 3, PEOPLE).astype(np.int32),
        met=np.zeros(PEOPLE, dtype=bool),
        newcomer=newcomer,
        welcomer=welcomer,
    )


def market_of(graph: Graph) -> Market:
    edges = Edges(graph.u, graph.v, graph.w)
    return Market(
        edges=edges,
        graph=adjacency(edges, np.ones(len(graph.u), dtype=bool), PEOPLE),
        room=graph.room.astype(np.int8),
        waiting=graph.waiting,
        roles=np.where(graph.newcomer, NEWCOMER, np.where(graph.welcomer, WELCOMER, 0)).astype(np.int8),
        prices=np.zeros(PEOPLE, dtype=np.float32),
        bonus=np.zeros(PEOPLE, dtype=np.float32),
    )


@pytest.mark.parametrize("seed", range(25))
def test_a_newcomer_whose_partners_have_nobody_else_is_welcomed_when_one_of_these_finds_somebody(seed: int) -> None:
    graph = hardly_any_choice(seed)
    market = market_of(graph)
    taken = take_in_order(market, graph.w.astype(np.float32))
    cover(market, taken)
    welcome(market, taken)
    best = relax(graph)
    assert (graph.degrees(taken.flags) <= graph.room).all()
    assert graph.introduced(taken.flags) == int(best.introduced + 1e-6)
    assert (graph.welcomed(taken.flags) & graph.hoping).sum() == int(best.welcomed + 1e-6)


def test_what_welcomes_a_newcomer_is_not_given_up_again() -> None:
    for seed in range(120):
        market = market_of(hardly_any_choice(seed))
        taken = take_in_order(market, market.edges.w.astype(np.float32))
        cover(market, taken)
        welcome(market, taken)
        roles = market.roles
        welcomes = roles[market.edges.u].astype(int) * roles[market.edges.v] == NEWCOMER * WELCOMER
        assert welcomed_by(market, taken.flags & welcomes) == welcomed_by(market, taken.locked & welcomes), seed


def welcomed_by(market: Market, flags: Flags) -> set[int]:
    ends = np.concatenate([market.edges.u[flags], market.edges.v[flags]])
    return set(ends[market.roles[ends] == NEWCOMER].tolist())
