"""Late RSVPs: served at once, and nothing that was sent is touched."""

import pickle
from collections import Counter
from dataclasses import replace

import pytest

from deploy.bench.people import acquainted, made_up
from services.intro.domain.capacity import places
from services.intro.domain.matching import Index, plan_round
from services.intro.domain.people import Person, Rules
from tests.intro.matching.somebody import DANA, LEE, SAM, crowd, somebody

RULES = Rules(per_person=3)


def test_a_late_person_is_offered_their_best_with_reasons() -> None:
    index = Index([LEE, SAM], rules=RULES)
    best = index.suggest(DANA)
    assert [pair.b for pair in best] == ["lee", "sam"]
    assert best[0].reasons_for_a
    assert best[0].reasons_for_b


def test_only_free_places_are_offered() -> None:
    index = Index(crowd(3, capacity=1), rules=RULES, sent=[("p0", "p1")])
    assert [pair.b for pair in index.suggest(SAM)] == ["p2"]
    index.occupy("sam", "p2")
    assert index.suggest("sam") == ()


def test_a_held_place_is_there_for_the_late() -> None:
    people = [somebody(0, welcomer=True, capacity=4), *(somebody(i, capacity=4) for i in range(1, 9))]
    rules = Rules(hold_back=True)
    plan = plan_round(people, rules=rules)
    index = Index(people, rules=rules, sent=[(pair.a, pair.b) for pair in plan.pairs])
    late = index.suggest(somebody(99, newcomer=True))
    assert late[0].b == "p0"


def test_a_late_newcomer_meets_a_welcomer_first() -> None:
    index = Index([LEE, replace(SAM, welcomer=True)], rules=RULES)
    assert index.suggest(replace(DANA, newcomer=True), most=1)[0].b == "sam"


def test_whoever_passed_is_not_offered_again_and_the_place_is_free() -> None:
    index = Index([LEE, replace(SAM, capacity=1)], rules=RULES)
    index.occupy("lee", "sam")
    index.release("lee", "sam")
    assert index.suggest("lee") == ()
    assert [pair.b for pair in index.suggest(DANA)] == ["lee", "sam"]


def test_a_cancellation_tells_who_was_left_and_finds_a_replacement() -> None:
    index = Index([DANA, replace(LEE, capacity=1), SAM], rules=Rules(per_person=1))
    index.occupy("dana", "lee")
    assert index.remove("lee") == ("dana",)
    assert [pair.b for pair in index.suggest("dana")] == ["sam"]
    assert "lee" not in index


def test_a_changed_profile_is_seen_at_once() -> None:
    index = Index([LEE, SAM], rules=RULES)
    index.suggest(DANA)
    index.add(replace(DANA, employer=LEE.employer))
    assert [pair.b for pair in index.suggest("dana")] == ["sam"]
    index.add(replace(DANA, consent=False))
    assert index.suggest("dana") == ()


def test_an_index_survives_being_written_down() -> None:
    index = Index([LEE, SAM], rules=RULES, forbidden=[("dana", "sam")], sent=[("lee", "sam")])
    copy = pickle.loads(pickle.dumps(index))
    assert copy.suggest(DANA) == index.suggest(DANA)


def test_an_index_that_is_made_anew_knows_who_has_a_place_and_who_is_apart() -> None:
    index = Index([LEE, replace(SAM, capacity=1), DANA], rules=RULES)
    index.occupy("lee", "sam")
    index.forbid("dana", "lee")
    assert index.anew().suggest("dana") == ()
    assert [pair.b for pair in index.anew().suggest(somebody(1))] == ["lee", "dana"]


def test_an_index_that_is_made_anew_learns_what_is_rare_now() -> None:
    late = [replace(person, interests=("coffee",)) for person in crowd(40)]
    index = Index([replace(LEE, interests=("coffee", "zines")), replace(SAM, interests=("zines",))], rules=RULES)
    for person in late:
        index.add(person)
    one = somebody(99, interests=("zines", "coffee"))
    assert index.anew().suggest(one) == Index([*index._people.values()], rules=RULES).suggest(one)


@pytest.fixture(scope="module")
def very_many() -> list[Person]:
    return made_up(2400, 3)


def an_index(people: list[Person]) -> Index:
    return Index(people, rules=Rules(explain=False), forbidden=acquainted(len(people), 3))


@pytest.mark.slow
def test_among_many_the_looked_up_are_nearly_as_good_as_the_best(very_many: list[Person]) -> None:
    index, everybody = an_index(very_many[:2300]), an_index(very_many[:2300])
    everybody._late = None
    found, best = 0, 0
    for late in very_many[2300:]:
        found += sum(pair.score for pair in index.suggest(late))
        best += sum(pair.score for pair in everybody.suggest(late))
    assert found > 0.95 * best


@pytest.mark.slow
def test_among_many_a_late_person_is_found_by_the_next_one(very_many: list[Person]) -> None:
    index = an_index(very_many[:2000])
    said = tuple(f"rare thing {letter}" for letter in "abcdefgh")
    index.add(somebody(5000, interests=said))
    assert index.suggest(somebody(5001, interests=said[:2]))[0].b == "p5000"
    index.add(somebody(5000, interests=("nothing of the kind",)))
    assert index.suggest(somebody(5002, interests=said[:2]))[0].b != "p5000"


@pytest.mark.slow
def test_among_many_nobody_is_suggested_whom_the_rules_or_their_places_forbid(very_many: list[Person]) -> None:
    known = {frozenset(couple) for couple in acquainted(2000, 3)}
    index = an_index(very_many[:2000])
    taken: Counter[str] = Counter()
    for late in (*very_many[:60], *very_many[2000:2400]):
        for pair in index.suggest(late):
            assert frozenset((pair.a, pair.b)) not in known
            index.occupy(pair.a, pair.b)
            taken.update((pair.a, pair.b))
    capacities = {person.id: places(person, Rules()) for person in very_many}
    assert all(many <= capacities[person_id] for person_id, many in taken.items())


@pytest.mark.slow
def test_an_index_takes_in_more_late_people_than_it_was_built_with(very_many: list[Person]) -> None:
    index = an_index(very_many[:1600])
    late = [replace(person, id=f"late {i}") for i, person in enumerate(made_up(6000, 5))]
    assert all(index.suggest(person, most=1) for person in late)
    assert len(index) == 7600


def test_a_late_person_says_something_new_and_the_next_one_shares_it() -> None:
    index = Index(crowd(20, interests=("coffee",)), rules=RULES)
    index.add(somebody(50, interests=tuple(f"rare thing {letter}" for letter in "abcdefgh")))
    late = index.suggest(somebody(51, interests=("rare thing b", "rare thing c")))
    assert late[0].b == "p50"
