"""The place for why two people should meet: two or three facts in good sentences, to each side in turn.

Only from what both agreed to share, in the words they wrote; never a score, never how somebody likes to be met.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from services.intro.domain.names import first_name, listed
from services.intro.domain.people import Person, Rules, Stage
from services.intro.domain.scoring import COMPONENTS
from services.intro.domain.scoring.terms import MOST_READ, MOST_TOPICS, Terms
from services.intro.domain.scoring.weights import weights
from services.intro.domain.words import plain, said

ENOUGH, MOST = 2, 3
_SHOWN_INTERESTS = 3
_STAGE_WORDS: Mapping[Stage, str] = {
    "student": "still studying",
    "new": "new to the field",
    "changing_career": "changing careers",
    "experienced": "experienced in the field",
    "retired": "retired from the field",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """`is_shown` elsewhere: a role stands beside the name already, so it is said only for want of better."""

    worth: float
    sentence: str
    is_shown: bool = False


def reasons(me: Person, other: Person, *, terms: Terms, rules: Rules, met: Mapping[str, int | None]) -> tuple[str, ...]:
    """One to three sentences to `me` about `other`. `met`: the components as they are to `me`."""
    weight = dict(zip(COMPONENTS, weights(me, rules.kind), strict=True))
    worth = {name: (met.get(name) or 0) * weight[name] / 1000 for name in COMPONENTS}
    facts = [fact for find in _FACTS for fact in find(me, other, terms, worth)]
    facts.sort(key=lambda fact: -fact.worth)
    telling = list(dict.fromkeys(fact.sentence for fact in facts if not fact.is_shown))[:MOST]
    shown = [fact.sentence for fact in facts if fact.is_shown]
    sentences = (*telling, *shown[: max(0, ENOUGH - len(telling))])
    return sentences or (_little_known(other, rules),)


def shared_words(me: Person, other: Person, terms: Terms) -> list[str]:
    """What both named as an interest, rarest first, in the words of `me`; nothing that nearly all named."""
    theirs = {terms.interest(phrase) for phrase in _shown(other, "interests")} - {-1}
    mine: dict[int, str] = {}
    for phrase in _shown(me, "interests"):
        term = terms.interest(phrase)
        if term in theirs and terms.rarity[term] > 0:
            mine.setdefault(term, said(phrase))
    return [mine[term] for term in sorted(mine, key=lambda t: (-terms.rarity[t], t))]


def offers_for(me: Person, other: Person, terms: Terms) -> list[tuple[str, str]]:
    """What `me` asks with what `other` offers for it, each in its author's words; the closest first."""
    found = []
    for ask in _shown(me, "asks"):
        wanted = terms.topic(ask)
        for offer in _shown(other, "offers"):
            common = set(wanted) & set(terms.topic(offer))
            if common:
                exact = bool(wanted) and wanted[0] in common
                found.append((not exact, -len(common), said(ask), said(offer)))
    best: dict[str, tuple[str, str]] = {}
    for _, _, ask, offer in sorted(found):
        best.setdefault(ask, (ask, offer))
    return list(best.values())


def _shown(person: Person, field: str) -> tuple[str, ...]:
    if field not in person.share:
        return ()
    return tuple(getattr(person, field))[: MOST_READ if field == "interests" else MOST_TOPICS]


def _ground(me: Person, other: Person, terms: Terms, worth: Mapping[str, float]) -> Iterator[Fact]:
    shared = shared_words(me, other, terms)[:_SHOWN_INTERESTS]
    if shared:
        yield Fact(worth["ground"] + 1, f"You and {first_name(other.name)} have {listed(shared)} in common.")


def _help(me: Person, other: Person, terms: Terms, worth: Mapping[str, float]) -> Iterator[Fact]:
    name = first_name(other.name)
    for ask, offer in offers_for(me, other, terms)[:1]:
        if plain(ask) == plain(offer):
            yield Fact(worth["help"] + 1, f"{name} can help with {offer}, which you asked about.")
        else:
            yield Fact(worth["help"] + 1, f"{name} offers “{offer}”, and you asked about “{ask}”.")
    for ask, offer in offers_for(other, me, terms)[:1]:
        if plain(ask) == plain(offer):
            yield Fact(40, f"{name} asked about {ask}, which you offered to help with.")
        else:
            yield Fact(40, f"{name} asked about “{ask}”, and you offered “{offer}”.")


def _path(me: Person, other: Person, _: Terms, worth: Mapping[str, float]) -> Iterator[Fact]:
    name = first_name(other.name)
    if _both(me, other, "mentor"):
        if (me.mentor, other.mentor) == ("mentee", "mentor"):
            yield Fact(worth["path"] + 1, f"{name} is here as a mentor, and you are looking for one.")
        if (me.mentor, other.mentor) == ("mentor", "mentee"):
            yield Fact(worth["path"] + 1, f"{name} is looking for a mentor, and you offered to be one.")
    stages = _both(me, other, "stage") and me.stage and other.stage
    welcome = (me.newcomer and other.welcomer) or (me.welcomer and other.newcomer)
    if welcome and not stages and _both(me, other, "newcomer"):
        # who is experienced is counted on to welcome, and offered nothing: then the stages say it, below
        if me.newcomer and other.stage is None:
            yield Fact(45, f"{name} offered to welcome people who are new here, as you are.")
        if other.newcomer and me.stage is None:
            yield Fact(45, f"{name} is new here, and you offered to welcome newcomers.")
    if stages and me.stage and other.stage:
        if me.stage == other.stage:
            yield Fact(worth["path"] / 2 + 8, f"You are both {_STAGE_WORDS[me.stage]}.")
        elif worth["path"]:
            yield Fact(
                45 if welcome else worth["path"] / 2,
                f"{name} is {_STAGE_WORDS[other.stage]}, and you are {_STAGE_WORDS[me.stage]}.",
            )


def _closeness(me: Person, other: Person, _: Terms, worth: Mapping[str, float]) -> Iterator[Fact]:
    if not _both(me, other, "place"):
        return
    mine, theirs = me.place, other.place
    same_region = plain(mine.region) == plain(theirs.region) and plain(mine.country) == plain(theirs.country)
    if same_region and plain(mine.city) and plain(mine.city) == plain(theirs.city):
        yield Fact(worth["closeness"] * 0.6 + 2, f"You are both from {said(mine.city)}.")
    elif same_region and plain(mine.region):
        yield Fact(worth["closeness"] * 0.5 + 1, f"You are both from {said(mine.region)}.")


def _roles(me: Person, other: Person, _: Terms, __: Mapping[str, float]) -> Iterator[Fact]:
    name = first_name(other.name)
    if _both(me, other, "goals"):
        goals = {plain(goal): said(goal) for goal in me.goals[:MOST_TOPICS] if plain(goal)}
        common = [goals[goal] for goal in map(plain, other.goals[:MOST_TOPICS]) if goal in goals]
        if common:
            yield Fact(6, f"You both came for the same thing: {listed(sorted(set(common))[:2])}.")
    if "role" in other.share and plain(other.role):
        if _both(me, other, "role") and plain(me.role) == plain(other.role):
            yield Fact(7, f"You have the same role: {said(me.role)}.")
            return
        at = f" at {said(other.employer)}" if "employer" in other.share and plain(other.employer) else ""
        yield Fact(5, f"{name}’s role: {said(other.role)}{at}.", is_shown=True)


def _told(_: Person, other: Person, terms: Terms, worth: Mapping[str, float]) -> Iterator[Fact]:
    """What the other told, when there is nothing in common to say it by."""
    interests = [said(p) for p in _shown(other, "interests") if terms.interest(p) >= 0][:_SHOWN_INTERESTS]
    offers = [said(p) for p in _shown(other, "offers") if plain(p)][:2]
    name = first_name(other.name)
    if interests and not worth["ground"]:
        yield Fact(4, f"{name} is interested in {listed(interests)}.")
    if offers and not worth["help"]:
        yield Fact(3, f"{name} is happy to talk about {listed(offers)}.")


def _both(me: Person, other: Person, field: str) -> bool:
    return field in me.share and field in other.share


def _little_known(other: Person, rules: Rules) -> str:
    where = said(rules.title) or "the same gathering"
    return f"{first_name(other.name)} has not told us much yet; you will both be at {where}."


_FACTS: tuple[Callable[[Person, Person, Terms, Mapping[str, float]], Iterator[Fact]], ...] = (
    _ground,
    _help,
    _path,
    _closeness,
    _roles,
    _told,
)
