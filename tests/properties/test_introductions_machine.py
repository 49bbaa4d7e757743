"""Any order of answers, cancellations, rounds and hours: no pair twice, no pass shown, nobody against their will."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.intro.domain.introductions import OCCUPYING, Introduction, takes_places
from tests.intro.builders import KEY, House, open_house

PEOPLE = st.sampled_from([f"guest{number}" for number in range(5)])
PLACES = st.sampled_from(["picnic", "feast"])
INTERESTS = st.sets(st.sampled_from(["zines", "maps", "choir"]), min_size=1)


class IntroductionsMachine(RuleBasedStateMachine):
    """People who come, go, answer and look; what each of them may see is kept beside."""

    runner: asyncio.Runner
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.coming: set[tuple[str, str]] = set()
        """(gathering, person) of those who are going and want introductions."""
        self.heard: set[tuple[str, str]] = set()
        self.house: House = open_house(
            f"sqlite:///{self.folder}/{uuid4()}.sqlite"
        )  # the same example is the same again
        self.http = self.house.http()
        self.runner.run(self.house.hears(self.house.key()))

    @initialize(
        mode=st.sampled_from(["ask", "ask", "direct"]),
        most=st.integers(min_value=1, max_value=3),
        first=st.lists(PEOPLE, min_size=2, max_size=5, unique=True),
    )
    def open_the_doors(self, mode: str, most: int, first: list[str]) -> None:
        self.most = most
        for name, days in (("picnic", 3), ("feast", 5)):
            rules = {"mode": mode, "per_person": most, "starts_in": timedelta(days=days)}
            self._hears(self.house.a_gathering(name, **rules))
        for who in first:
            self.rsvp(who, "picnic", {"zines"})

    @rule(who=PEOPLE, where=PLACES, interests=INTERESTS)
    def rsvp(self, who: str, where: str, interests: set[str]) -> None:
        facts = {"gathering": where, "interests": tuple(sorted(interests)), "introductions": True}
        self._hears(self.house.going(who, **facts))
        self.heard.add((where, who))
        self.coming.add((where, who))

    @precondition(lambda self: self.heard)
    @rule(data=st.data(), how=st.sampled_from(["cancels", "declines", "wants no introductions", "waits"]))
    def think_again(self, data: st.DataObject, how: str) -> None:
        where, who = data.draw(st.sampled_from(sorted(self.heard)))
        house = self.house
        no_more = {"cancels": house.cancels, "declines": house.declines, "waits": house.waits}.get(how)
        self._hears(
            no_more(who, gathering=where) if no_more else house.changes(who, gathering=where, introductions=False)
        )
        self.coming.discard((where, who))

    @rule(where=PLACES)
    def run_a_round(self, where: str) -> None:
        path = f"/api/v1/gatherings/{where}/rounds"
        answer = self._ask("POST", path, KEY)
        assert answer.status_code in (201, 409), answer.text

    @precondition(lambda self: self.heard)
    @rule(data=st.data(), answer=st.sampled_from(["accept", "accept", "pass", "know"]))
    def answer(self, data: st.DataObject, answer: str) -> None:
        if not (mine := self._mine()):
            return
        who, where, shown = data.draw(st.sampled_from(mine))
        others = {other: self._shown(other, where) for other in self._others(shown["id"], who)}
        path = f"/api/v1/my/introductions/{shown['id']}/answer"
        said = self._ask("POST", path, self._token(who, where), json={"answer": answer})
        assert said.status_code in (200, 409), said.text
        if answer == "pass":
            for other, before in others.items():
                assert self._shown(other, where) == before, "a pass is never shown to the other"
            self.runner.run(self.house.matches())
            for other, before in others.items():
                assert self._shown(other, where) == before, "nor by whom they are given instead"
        elif said.status_code == 200 and answer == "accept":
            again = shown["answer"] == "accept"  # said before: no news, whatever became of it since
            assert said.json()["status"] in ([shown["status"]] if again else ["accepted", "made", "expired"])
        self.runner.run(self.house.matches())

    @precondition(lambda self: self.heard)
    @rule(data=st.data(), met=st.booleans())
    def say_how_it_went(self, data: st.DataObject, met: bool) -> None:
        if not (mine := self._mine()):
            return
        who, where, shown = data.draw(st.sampled_from(mine))
        path = f"/api/v1/my/introductions/{shown['id']}/feedback"
        said = self._ask("POST", path, self._token(who, where), json={"met": met})
        begun = shown["gathering"]["starts_at"] <= self.house.clock.time.isoformat().replace("+00:00", "Z")
        assert said.status_code == (200 if shown["status"] == "made" and begun else 409), said.text
        if said.status_code == 200:
            (again,) = [one for one in self._shown(who, where) if one["id"] == shown["id"]]
            assert again["feedback"]["met"] == met

    @rule(hours=st.sampled_from([1, 12, 30, 60, 100]))
    def let_time_pass(self, hours: int) -> None:
        self.runner.run(self.house.time_passes(hours=hours))

    @invariant()
    def no_two_are_proposed_to_each_other_twice(self) -> None:
        pairs = Counter(
            pair for one in self._all() for pair in combinations(sorted(seat.attendee_id for seat in one.seats), 2)
        )
        assert not [pair for pair, times in pairs.items() if times > 1]

    @invariant()
    def nobody_is_introduced_who_is_not_coming_or_does_not_want_it(self) -> None:
        for one in self._all():
            if one.status in OCCUPYING:
                assert {(one.gathering_id, person) for person in one.people} <= self.coming

    @invariant()
    def nobody_has_more_than_they_have_places_for(self) -> None:
        taken = Counter(
            (one.gathering_id, person)
            for one in self._all()
            if takes_places(one, now=self.house.clock.now())
            for person in one.people
        )
        assert all(times <= self.most for times in taken.values())

    @invariant()
    def everybody_sees_their_own_answer_and_never_anothers_pass(self) -> None:
        kept = {one.id: one for one in self._all()}
        for who, where, shown in self._mine():
            own = kept[shown["id"]].seat_of(who).answer
            assert shown["answer"] == own
            assert (shown["status"] == "passed") == (own == "pass")
            assert shown["status"] != "made" or kept[shown["id"]].status == "made"
            assert who not in {person["name"] for person in shown["people"]}
            assert shown["gathering"]["id"] == where

    def teardown(self) -> None:
        self.runner.run(self.http.aclose())
        self.house.run.close()

    def _all(self) -> list[Introduction]:
        return self.house.introductions()

    def _mine(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What each person sees at each gathering they answered."""
        return [(who, where, shown) for where, who in sorted(self.heard) for shown in self._shown(who, where)]

    def _shown(self, who: str, where: str) -> list[dict[str, Any]]:
        answer = self._ask("GET", "/api/v1/my/introductions", self._token(who, where))
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return [one for one in items if one["gathering"]["id"] == where]

    def _others(self, introduction_id: str, who: str) -> list[str]:
        (one,) = [one for one in self._all() if one.id == introduction_id]
        return [person for person in one.people if person != who]

    def _hears(self, event: Any) -> None:
        self.runner.run(self.house.has_heard(event))

    def _ask(self, method: str, path: str, token: str, **request: Any) -> httpx.Response:
        asked = self.http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **request)
        return self.runner.run(asked)

    def _token(self, who: str, where: str) -> str:
        return self.house.token(who, gathering=where)


@pytest.mark.slow
def test_any_order_of_what_people_organisers_and_time_do(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        IntroductionsMachine.runner, IntroductionsMachine.folder = runner, tmp_path
        run_state_machine_as_test(IntroductionsMachine, settings=settings(max_examples=25, stateful_step_count=20))
