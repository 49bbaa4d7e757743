"""What people say after meeting."""

from services.intro.domain.feedback import (
    NOTHING_LEARNT,
    Answer,
    Rated,
    better_than_chance,
    in_words,
    learn,
    multipliers,
)

GROUND = Answer(met=True, again=True, good_for=frozenset({"ground"}), there={"ground": 900, "help": 900})
DULL = Answer(met=True, again=False, there={"ground": 900})


def test_what_was_good_counts_more_and_what_was_not_counts_less() -> None:
    liked = multipliers(learn(NOTHING_LEARNT, GROUND))
    bored = multipliers(learn(NOTHING_LEARNT, DULL))
    assert liked["ground"] > 1 > bored["ground"]
    assert all(factor == 1 for factor in multipliers(NOTHING_LEARNT).values())


def test_no_weight_leaves_its_bounds_however_often_people_say_it() -> None:
    belief = NOTHING_LEARNT
    for _ in range(500):
        belief = learn(belief, DULL)
    assert min(multipliers(belief).values()) == 0.25
    assert max(multipliers(belief).values()) <= 4


def test_who_did_not_meet_or_does_not_say_teaches_nothing() -> None:
    assert learn(NOTHING_LEARNT, Answer(met=False, again=True, there={"ground": 900})) == NOTHING_LEARNT
    assert learn(NOTHING_LEARNT, Answer(met=True, there={"ground": 900})) == NOTHING_LEARNT


def test_the_community_is_where_a_person_starts() -> None:
    community = NOTHING_LEARNT
    for _ in range(100):
        community = learn(community, DULL)
    assert multipliers(NOTHING_LEARNT, community)["ground"] < 1
    assert (
        multipliers(learn(NOTHING_LEARNT, GROUND), community)["ground"]
        > multipliers(NOTHING_LEARNT, community)["ground"]
    )


def test_the_change_is_told_in_words() -> None:
    before, after = multipliers(NOTHING_LEARNT), multipliers(learn(learn(NOTHING_LEARNT, DULL), DULL))
    assert "We now weigh shared interests less for you." in in_words(before, after)
    assert in_words(before, before) == ()


def test_each_person_is_judged_against_themselves() -> None:
    easy = [Rated("a", 60_000, again=True), Rated("a", 50_000, again=True)]
    report = better_than_chance([*easy, Rated("b", 9, again=True), Rated("b", 5, again=False)])
    assert (report.judged, report.better, report.worse) == (1, 1, 0)
    assert "no better than chance" in report.sentence


def test_chance_is_beaten_only_when_it_is() -> None:
    def rated(person: int, liked: int, other: int) -> list[Rated]:
        return [Rated(f"p{person}", liked, again=True), Rated(f"p{person}", other, again=False)]

    many = [one for person in range(20) for one in rated(person, 9, 5)]
    assert better_than_chance(many).sentence.endswith("that is better than chance.")
    even = [one for person in range(20) for one in rated(person, 9 if person % 2 else 1, 5)]
    assert better_than_chance(even).sentence.endswith("that is no better than chance.")
    assert better_than_chance([]).judged == 0
