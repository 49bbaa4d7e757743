"""The place for how many introductions a person is given: their pace, the organiser's number, what is taken."""

from services.intro.domain.people import MOST_PLACES, Person, Rules


def places(person: Person, rules: Rules) -> int:
    """0..6. Quiet people get fewer, outgoing people one more, nobody more than they want; a mentor says how many they
    take on. `capacity` overrides all of it.
    """
    if person.capacity is not None:
        return max(0, min(person.capacity, MOST_PLACES))
    if person.at_most is None:
        return _by_pace(person, rules)
    mentors = rules.kind == "mentorship" and person.mentor == "mentor"
    return max(1, min(person.at_most, MOST_PLACES if mentors else _by_pace(person, rules)))


def _by_pace(person: Person, rules: Rules) -> int:
    per_person = max(1, min(rules.per_person, MOST_PLACES))
    if person.pace == "quiet":
        return max(1, min(per_person - 1, 2))
    if person.pace == "outgoing" and per_person > 1:
        return min(per_person + 1, MOST_PLACES)
    return per_person


def held_back(person: Person, rules: Rules) -> int:
    """One place of a welcomer with four or more is kept for late people, where the organiser wants that."""
    keeps = rules.hold_back and person.welcomer and not person.newcomer
    return int(keeps and places(person, rules) >= 4)
