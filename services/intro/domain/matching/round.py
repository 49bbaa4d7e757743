"""The place for a whole round: from people to introductions."""

from collections import Counter
from collections.abc import Collection, Iterable
from itertools import combinations

from services.intro.domain.capacity import held_back, places
from services.intro.domain.matching.plan import LeftOut, Pair, Plan
from services.intro.domain.people import Person, Rules

Couple = Collection[str]


def plan_round(
    people: Iterable[Person],
    *,
    rules: Rules,
    forbidden: Collection[Couple] = frozenset(),
    sent: Iterable[Couple] = (),
) -> Plan:
    """Coverage first, then newcomers welcomed, then the sum of scores. The order of `people` does not matter."""
    coming = {person.id: person for person in sorted(people, key=lambda p: p.id) if person.takes_part}
    sent = [tuple(couple) for couple in sent]
    never = {frozenset(couple) for couple in forbidden} | {frozenset(couple) for couple in sent}
    taken = Counter(i for couple in sent for i in couple)
    room = {i: max(0, places(p, rules) - held_back(p, rules) - taken[i]) for i, p in coming.items()}
    capacities = dict(room)
    edges = sorted(
        (
            Pair(a=a, b=b, score=score)
            for a, b in combinations(coming, 2)
            if frozenset((a, b)) not in never
            and (score := _score(coming[a], coming[b], rules)) >= 0
            and room[a]
            and room[b]
        ),
        key=lambda pair: (-pair.score, pair.a, pair.b),
    )
    pairs = []
    for most in (1, max(room.values(), default=0)):
        for pair in edges:
            had = Counter(i for made in pairs for i in (made.a, made.b))
            if min(had[pair.a], had[pair.b]) < most and room[pair.a] and room[pair.b] and pair not in pairs:
                pairs.append(pair)
                room[pair.a] -= 1
                room[pair.b] -= 1
    met = {i for pair in pairs for i in (pair.a, pair.b)} | set(taken)
    could = {i for pair in edges for i in (pair.a, pair.b)}
    left = tuple(
        LeftOut(i, "places_taken", "Everybody who could be introduced has no place left.")
        if i in could
        else LeftOut(i, "no_candidate", "There is nobody they may be introduced to.")
        for i in coming
        if i not in met
    )
    return Plan(
        pairs=tuple(pairs), left_out=left, weight=sum(p.score for p in pairs), capacities=capacities, edges=len(edges)
    )


def _score(a: Person, b: Person, rules: Rules) -> int:
    if a.employer and a.employer == b.employer and not rules.allow_same_employer:
        return -1
    shared = set(a.interests) & set(b.interests)
    helped = set(a.asks) & set(b.offers), set(b.asks) & set(a.offers)
    return min(65535, 1000 + 8000 * len(shared) + 8000 * sum(map(len, helped)))
