"""People who know each other already: never proposed, said kindly, and no pass."""

from services.intro.domain.introductions import Introduction
from shared.contracts.intro import (
    IntroductionPassed,
    IntroductionSuggested,
    IntroductionUnneeded,
    IntroductionWithdrawn,
)
from shared.contracts.rsvp import PeopleAcquainted
from tests.intro.builders import House


def acquainted(one: str, other: str, gathering: str = "picnic") -> PeopleAcquainted:
    return PeopleAcquainted(
        version=1, acquaintance_id=f"{one}-{other}", gathering_id=gathering, people=tuple(sorted((one, other)))
    )


def couples(*introductions: Introduction) -> set[frozenset[str]]:
    return {frozenset(seat.attendee_id for seat in one.seats) for one in introductions}


async def test_people_who_know_each_other_are_not_suggested_here_or_anywhere(any_house: House) -> None:
    house = any_house
    await house.has_heard(house.a_gathering(), house.a_gathering("barbecue"))
    await house.has_heard(acquainted("dana", "lee"), house.going("dana"), house.going("lee"))
    await house.has_heard(house.going("dana", gathering="barbecue"), house.going("lee", gathering="barbecue"))
    done = await house.runs_the_round()
    assert house.introductions() == []
    assert {code for _, code, _ in done.report["left_out"]} == {"no_candidate"}


async def test_an_index_that_is_there_learns_who_knows_whom(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("mina"), house.going("theo"), house.going("dana"))
    await house.hears(acquainted("dana", "lee"))
    await house.has_heard(house.going("lee", pace="quiet"))
    assert frozenset(("dana", "lee")) not in couples(*house.introductions())
    assert house.of("lee")


async def test_what_is_still_asked_is_taken_back_and_both_may_meet_somebody_else(any_house: House) -> None:
    house = any_house
    await house.has_heard(house.a_gathering(rounds_before=()), house.going("dana"), house.going("lee"))
    await house.answers("dana", house.only(), "accept")
    await house.has_heard(acquainted("dana", "lee"))
    (told,) = house.said(IntroductionUnneeded)
    assert told.tell == ("dana",)
    assert house.only().status == "withdrawn"
    assert house.only().knew_each_other
    assert house.due("introduction.expiry") == []
    await house.has_heard(house.going("mina"))
    assert couples(*house.introductions()) == {
        frozenset(p) for p in (("dana", "lee"), ("dana", "mina"), ("lee", "mina"))
    }


async def test_saying_so_is_no_pass_and_who_had_said_yes_hears_of_it(house: House) -> None:
    await house.has_heard(house.a_gathering(rounds_before=()), house.going("dana"), house.going("lee"))
    await house.answers("lee", house.only(), "accept")
    assert await house.answers("dana", house.only(), "know") == "withdrawn"
    assert await house.answers("dana", house.only(), "know") == "withdrawn"
    (told,) = house.said(IntroductionUnneeded)
    assert told.tell == ("lee",)
    assert house.said(IntroductionPassed, IntroductionWithdrawn) == []
    await house.has_heard(house.a_gathering("barbecue"))
    await house.has_heard(house.going("dana", gathering="barbecue"), house.going("lee", gathering="barbecue"))
    await house.runs_the_round("barbecue")
    assert house.introductions("barbecue") == []


async def test_a_pass_stays_hidden_from_whoever_says_that_they_know_each_other(house: House) -> None:
    await house.has_heard(house.a_gathering(rounds_before=()), house.going("dana"), house.going("lee"))
    await house.answers("lee", house.only(), "pass")
    await house.answers("dana", house.only(), "know")
    (told,) = house.said(IntroductionUnneeded)
    assert told.tell == ()
    async with house.http() as http:
        for who, status in (("dana", "withdrawn"), ("lee", "passed")):
            answer = await http.get("/api/v1/my/introductions", headers={"Authorization": f"Bearer {house.token(who)}"})
            (mine,) = answer.json()["items"]
            assert mine["status"] == status
            assert mine["acquainted"] is (who == "dana")


async def test_what_was_made_stays_made(house: House) -> None:
    await house.has_heard(house.a_gathering(rounds_before=()), house.going("dana"), house.going("lee"))
    for who in ("dana", "lee"):
        await house.answers(who, house.only(), "accept")
    await house.has_heard(acquainted("dana", "lee"))
    assert house.only().status == "made"


async def test_the_page_offers_it_and_says_it_back(house: House) -> None:
    await house.has_heard(house.a_gathering(rounds_before=()), house.going("dana"), house.going("lee"))
    token = house.token("dana", "answer", reference=house.only().id)
    async with house.http() as http:
        asked = await http.get(f"/i/{token}?answer=know")
        assert "One press left" in asked.text
        assert '<button name="answer" value="know" autofocus>' in asked.text
        sent = await http.post(f"/i/{token}", data={"introduction": house.only().id, "answer": "know"})
        assert sent.status_code == 303
        assert "You and Lee Okafor know each other already" in (await http.get(f"/i/{token}")).text
        assert "One press left" not in (await http.get(f"/i/{token}?answer=%3Cscript%3E")).text


async def test_at_a_table_people_may_know_each_other(house: House) -> None:
    await house.hears(house.a_gathering(kind="happy_hour", tables=True, rounds_before=()))
    await house.hears(*(house.going(who, pace="outgoing") for who in ("dana", "lee", "mina", "theo")))
    await house.runs_the_round()
    table = next(one for one in house.introductions() if len(one.seats) > 2)
    async with house.http() as http:
        refused = await http.post(
            f"/api/v1/my/introductions/{table.id}/answer",
            headers={"Authorization": f"Bearer {house.token('dana')}"},
            json={"answer": "know"},
        )
    assert refused.status_code == 409
    assert refused.json()["code"] == "known_at_a_table"


async def test_nothing_is_kept_of_somebody_who_was_erased(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    await house.hears(house.erased("lee"), house.erased_everywhere("lee"), acquainted("dana", "lee"))
    assert "'lee', 'picnic', 'acquainted'" not in house.rows()
    assert house.said(IntroductionSuggested) == []
