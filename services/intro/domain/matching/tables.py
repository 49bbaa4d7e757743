"""The place for tables: three to five people who sit together, none of whom may not meet another.

Seeded along the best pairs, then people swap seats while that is better for both tables together. One table is
one place of each who sits there.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from services.intro.domain.matching.graph import Flags, Graph, Ints
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.people import Rules
from services.intro.domain.scoring.score import NEVER, against

SMALLEST, LARGEST = 3, 5
_NOT_TOGETHER = -10_000_000
_PASSES = 12
_BLOCK = 1200
"""People who are seated among each other; more come in blocks of neighbours in the order of chance."""


def seat(who: Participants, rules: Rules, scores: Ints | None = None) -> list[list[int]]:
    """Tables of rows. Who cannot be seated with anybody allowed is at none and is paired instead."""
    if rules.seating == "none":
        return []
    paces = {"everybody": (0, 2, 3), "outgoing": (3,)}[rules.seating]
    members = np.nonzero(np.isin(who.facts.pace, paces) & (who.room > 0))[0]
    tables = []
    blocks = max(1, -(-len(members) // _BLOCK))
    for block in np.array_split(members, blocks):
        if len(block) >= SMALLEST:
            tables += [sorted(map(int, block[table])) for table in _seat(_affinity(who, block, scores), rules)]
    return tables


def after_tables(who: Participants, tables: list[list[int]]) -> Participants:
    """What is left to be paired: seated people have one place less, have somebody, and know their table."""
    if not tables:
        return who
    seated = np.array([i for table in tables for i in table])
    room, met, newcomer = who.room.copy(), who.met.copy(), who.newcomer.copy()
    room[seated] -= 1
    met[seated] = True
    for table in tables:
        if who.welcomer[table].any():
            newcomer[table] = False
    together = np.array([(a, b) for table in tables for a in table for b in table if a < b], dtype=np.int64)
    apart = np.unique(np.concatenate([who.apart, together]), axis=0)
    return replace(who, room=room, met=met, newcomer=newcomer, apart=apart)


def trios(who: Participants, graph: Graph, chosen: Flags, rules: Rules) -> tuple[Flags, list[list[int]]]:
    """The odd ones out join a pair that becomes a table of three. `chosen` without the pairs that did."""
    wanted = rules.trio_for_the_odd_one
    if wanted is False or (wanted is None and rules.seating == "none"):
        return chosen, []
    chosen, tables = chosen.copy(), []
    alone = np.nonzero(~who.met & (graph.degrees(chosen) == 0) & (who.room > 0))[0]
    for person in map(int, alone):
        edge = _best_pair(who, graph, chosen, person)
        if edge is not None:
            chosen[edge] = False
            tables.append(sorted((person, int(graph.u[edge]), int(graph.v[edge]))))
    return chosen, tables


def _best_pair(who: Participants, graph: Graph, chosen: Flags, person: int) -> int | None:
    """The pair that this person may join and fits best; pairs with a quiet person only if there is no other."""
    pairs = np.nonzero(chosen)[0]
    scores = against(who.facts, person, np.arange(len(who.ids))).scores
    mine = who.apart[(who.apart == person).any(axis=1)]
    scores[mine.ravel()] = NEVER
    one, other = scores[graph.u[pairs]], scores[graph.v[pairs]]
    quiet = (who.facts.pace[graph.u[pairs]] == 1) | (who.facts.pace[graph.v[pairs]] == 1)
    worth = np.where((one >= 0) & (other >= 0), one + other + np.where(quiet, 0, 1 << 20), NEVER)
    if not len(pairs) or worth.max() < 0:
        return None
    return int(pairs[np.argmax(worth)])


def _affinity(who: Participants, block: NDArray[np.intp], scores: Ints | None) -> NDArray[np.int64]:
    if scores is None:
        part = np.stack([against(who.facts, int(i), block).scores for i in block])
    else:
        part = scores[np.ix_(block, block)].astype(np.int64)
    here = np.full(len(who.ids), -1)
    here[block] = np.arange(len(block))
    pairs = here[who.apart]
    pairs = pairs[(pairs >= 0).all(axis=1)]
    part[pairs[:, 0], pairs[:, 1]] = part[pairs[:, 1], pairs[:, 0]] = NEVER
    part = np.where(part < 0, _NOT_TOGETHER, part)
    np.fill_diagonal(part, 0)
    return part


def _seat(fit: NDArray[np.int64], rules: Rules) -> list[list[int]]:
    people = len(fit)
    size = max(SMALLEST, min(LARGEST, rules.table_size))
    count = min(max(round(people / size), -(-people // LARGEST)), people // SMALLEST)
    sizes = [people // count + (i < people % count) for i in range(count)]
    at = _seeded(fit, sizes)
    _swap(fit, at, count)
    return _without_strangers(fit, [np.nonzero(at == table)[0].tolist() for table in range(count)])


def _seeded(fit: NDArray[np.int64], sizes: list[int]) -> NDArray[np.intp]:
    """Each table is begun by the next person without a seat and filled with who fits its people best."""
    at = np.full(len(fit), -1, dtype=np.intp)
    for table, size in enumerate(sizes):
        free = np.nonzero(at < 0)[0]
        first = int(free[0])
        at[first] = table
        liked = fit[first].copy()
        for _ in range(size - 1):
            free = np.nonzero(at < 0)[0]
            best = int(free[np.argmax(liked[free])])
            at[best] = table
            liked += fit[best]
    return at


def _swap(fit: NDArray[np.int64], at: NDArray[np.intp], count: int) -> None:
    """Two people change seats while their tables together gain by it. Changes `at`."""
    people = np.arange(len(fit))
    liked = np.stack([fit[:, at == table].sum(axis=1) for table in range(count)], axis=1)
    for _ in range(_PASSES):
        moved = False
        for one in range(len(fit)):
            here = at[one]
            gain = liked[one, at] + liked[:, here] - 2 * fit[one] - liked[one, here] - liked[people, at]
            gain[at == here] = 0
            other = int(np.argmax(gain))
            if gain[other] > 0:
                there = at[other]
                liked[:, here] += fit[:, other] - fit[:, one]
                liked[:, there] += fit[:, one] - fit[:, other]
                at[one], at[other] = there, here
                moved = True
        if not moved:
            return


def _without_strangers(fit: NDArray[np.int64], tables: list[list[int]]) -> list[list[int]]:
    """Whoever sits with somebody they may not meet leaves for a table with room, or is paired instead."""
    leaving = []
    for table in tables:
        while True:
            worst = min(table, key=lambda i: (int((fit[i, table] < 0).sum()) * -1, i), default=None)
            if worst is None or not (fit[worst, table] < 0).any():
                break
            table.remove(worst)
            leaving.append(worst)
    for person in leaving + [i for table in tables if len(table) < SMALLEST for i in table]:
        welcome = [t for t in tables if SMALLEST <= len(t) < LARGEST and (fit[person, t] >= 0).all()]
        if welcome:
            max(welcome, key=lambda t: int(fit[person, t].sum())).append(person)
    return [sorted(table) for table in tables if len(table) >= SMALLEST]
