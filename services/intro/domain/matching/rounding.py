"""The place for a plan without a solver: the worthiest edges first, those without anybody before the rest."""

import numpy as np

from services.intro.domain.matching.graph import Flags, Floats, Graph


def without_needless(graph: Graph, chosen: Flags) -> Flags:
    """Gives up pairs that are worth nothing, unless somebody's only introduction or only welcome is among them."""
    chosen = chosen.copy()
    degree = graph.degrees(chosen)
    needed = graph.welcome_edges
    for e in np.nonzero(chosen & (graph.w == 0) & ~needed)[0]:
        u, v = graph.u[e], graph.v[e]
        if (degree[u] > 1 or not graph.waiting[u]) and (degree[v] > 1 or not graph.waiting[v]):
            chosen[e] = False
            degree[[u, v]] -= 1
    return chosen


def fill(graph: Graph, worth: Floats) -> Flags:
    """Takes edges in the order of `worth` in three passes: for who has nobody, for welcomes, for all."""
    order = np.argsort(-worth, kind="stable").tolist()
    room = graph.room.tolist()
    u, v = graph.u.tolist(), graph.v.tolist()
    waiting, hoping = graph.waiting.tolist(), graph.hoping.tolist()
    welcomes = graph.welcome_edges.tolist()
    chosen = np.zeros(len(u), dtype=bool)
    for needed in (
        lambda e: waiting[u[e]] or waiting[v[e]],
        lambda e: welcomes[e] and (hoping[u[e]] or hoping[v[e]]),
        lambda _: True,
    ):
        for edge in order:
            a, b = u[edge], v[edge]
            if room[a] and room[b] and not chosen[edge] and needed(edge):
                chosen[edge] = True
                room[a] -= 1
                room[b] -= 1
                waiting[a] = waiting[b] = False
                if welcomes[edge]:
                    hoping[a] = hoping[b] = False
    return chosen
