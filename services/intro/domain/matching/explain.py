"""The place for putting a round in words: each pair's components, reasons to both sides, an opening question."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from services.intro.domain.matching.plan import Pair, Table
from services.intro.domain.matching.taking_part import Participants
from services.intro.domain.openers import opener, table_opener
from services.intro.domain.people import Person, Rules
from services.intro.domain.reasons import reasons
from services.intro.domain.scoring import COMPONENTS
from services.intro.domain.scoring.facts import Facts
from services.intro.domain.scoring.score import against
from services.intro.domain.scoring.terms import Terms

Met = dict[str, int | None]


def explained_pair(pair: Pair, a: Person, b: Person, facts: Facts, rules: Rules) -> Pair:
    """The same pair with its components and words."""
    gains = against(facts, facts.row_of[a.id], np.array([facts.row_of[b.id]]))
    for_a, for_b = _met(gains.mine[:, 0].tolist()), _met(gains.theirs[:, 0].tolist())
    return replace(
        pair,
        components={name: (for_a[name], for_b[name]) for name in COMPONENTS},
        reasons_for_a=reasons(a, b, terms=facts.terms, rules=rules, met=for_a),
        reasons_for_b=reasons(b, a, terms=facts.terms, rules=rules, met=for_b),
        opener=opener(a, b, terms=facts.terms, rules=rules),
    )


def explained_pairs(pairs: Iterable[Pair], who: Participants, rules: Rules) -> Iterator[Pair]:
    person = dict(zip(who.ids, who.people, strict=True))
    for pair in pairs:
        yield explained_pair(pair, person[pair.a], person[pair.b], who.facts, rules)


def explained_tables(tables: Iterable[list[int]], who: Participants, rules: Rules) -> Iterator[Table]:
    for table in tables:
        people = [who.people[i] for i in table]
        score = sum(int(against(who.facts, i, np.array(table)).scores.clip(0).sum()) for i in table) // 2
        plain = Table(tuple(person.id for person in people), score)
        yield explained_table(plain, people, who.facts, rules) if rules.explain else plain


def explained_table(table: Table, people: list[Person], facts: Facts, rules: Rules) -> Table:
    """The same table with what is said to each of its people, and how to begin."""
    return replace(
        table,
        reasons={me.id: _about_the_table(me, people, facts, rules) for me in people},
        opener=table_opener(people, terms=facts.terms, rules=rules),
    )


def _about_the_table(me: Person, people: list[Person], facts: Facts, rules: Rules) -> tuple[str, ...]:
    """One sentence about each of the others."""
    others = [other for other in people if other.id != me.id]
    rows = np.array([facts.row_of[other.id] for other in others])
    gains = against(facts, facts.row_of[me.id], rows)
    terms: Terms = facts.terms
    return tuple(
        reasons(me, other, terms=terms, rules=rules, met=_met(gains.mine[:, at].tolist()))[0]
        for at, other in enumerate(others)
    )


def _met(column: list[int]) -> Met:
    return {name: None if value < 0 else value for name, value in zip(COMPONENTS, column, strict=True)}
