"""The place for late RSVPs: who is there already, kept in memory by the gathering's owner."""

from collections.abc import Collection, Iterable

from services.intro.domain.matching.plan import Pair
from services.intro.domain.matching.round import Couple, plan_round
from services.intro.domain.people import Person, Rules


class Index:
    """The people of one gathering, ready for the next one. Picklable; rebuilt from the same arguments."""

    def __init__(
        self,
        people: Iterable[Person] = (),
        *,
        rules: Rules,
        forbidden: Collection[Couple] = frozenset(),
        sent: Iterable[Couple] = (),
    ) -> None:
        self.rules = rules
        self._people = {person.id: person for person in people}
        self._forbidden = {frozenset(couple) for couple in forbidden}
        self._sent = {frozenset(couple) for couple in sent}

    def add(self, person: Person) -> None:
        """Somebody is coming, or changed what they told us."""
        self._people[person.id] = person

    def remove(self, person_id: str) -> None:
        """Somebody is not coming; what occupied their partners' places is free again."""
        self._people.pop(person_id, None)
        self._sent = {couple for couple in self._sent if person_id not in couple}

    def forbid(self, a: str, b: str) -> None:
        """These two must not be introduced (blocked, passed, acquainted, introduced before)."""
        self._forbidden.add(frozenset((a, b)))

    def occupy(self, a: str, b: str) -> None:
        """A suggestion went out: it takes one place of each."""
        self._sent.add(frozenset((a, b)))

    def release(self, a: str, b: str) -> None:
        """A suggestion was passed, expired or withdrawn: its places are free, the two are not paired again."""
        self._sent.discard(frozenset((a, b)))
        self._forbidden.add(frozenset((a, b)))

    def suggest(self, person: Person | str, *, most: int | None = None) -> tuple[Pair, ...]:
        """The best introductions for one person now (added if new), at most `most`; nothing sent is touched."""
        if isinstance(person, Person):
            self.add(person)
            person = person.id
        plan = plan_round(self._people.values(), rules=self.rules, forbidden=self._forbidden, sent=self._sent)
        return tuple(pair for pair in plan.pairs if person in {pair.a, pair.b})[:most]
