"""Any order of what guests and organisers do over HTTP: nobody too many, nobody overtaken, nothing done twice."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
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

from shared.tables import outbox
from tests.rsvp.served import Served, serving

PEOPLE = st.sampled_from([f"guest{number}" for number in range(6)])
GUESTS = st.integers(min_value=0, max_value=2)
REFUSALS = {"gathering_full", "party_too_large", "guests_do_not_fit", "capacity_taken"}
LATE = 9
"""So many steps are done before a gathering may be cancelled: after that little happens."""

Roster = dict[str, dict[str, Any]]


class RsvpMachine(RuleBasedStateMachine):
    """A client who believes what it is answered, and an organiser who looks at the list."""

    example = 0
    runner: asyncio.Runner
    served: Served

    def __init__(self) -> None:
        super().__init__()
        self.believed: dict[str, str] = {}
        self.roster: Roster = {}
        self.answers: dict[str, tuple[str, int, Any]] = {}
        self.steps, self.off = 0, False
        RsvpMachine.example += 1  # an address of this example only: the database is shared

    @initialize(
        capacity=st.integers(min_value=2, max_value=4),
        waiting_list=st.sampled_from([True, True, True, False]),
        confirm=st.booleans(),
        early=st.lists(GUESTS, min_size=4, max_size=6),
    )
    def open_the_doors(self, capacity: int, waiting_list: bool, confirm: bool, early: list[int]) -> None:
        made = self.served.a_gathering(capacity=capacity, waiting_list=waiting_list, confirm_addresses=confirm)
        self.gathering = self.runner.run(made)
        self.capacity, self.waiting_list, self.confirm = capacity, waiting_list, confirm
        for number, guests in enumerate(early):  # a line that is long from the start is what most rules are about
            self.rsvp(who := f"guest{number}", guests)
            if confirm and who in self.believed:
                self._as(who, "POST", "/confirm")
        self.roster = self._look()

    @rule(who=PEOPLE, guests=GUESTS)
    def rsvp(self, who: str, guests: int) -> None:
        self._believe(who, self._ask(who, guests))

    @rule(who=PEOPLE, guests=GUESTS)
    def rsvp_by_a_client_that_repeats_itself(self, who: str, guests: int) -> None:
        key = f"{self.example}-{self.steps}"
        first = self._ask(who, guests, key=key)
        self._believe(who, first)
        if first.status_code == 201:
            self.answers[key] = (who, guests, first.json())
            self._repeat(key)

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def repeat_what_was_answered_long_ago(self, data: st.DataObject) -> None:
        self._repeat(data.draw(st.sampled_from(sorted(self.answers))))

    @precondition(lambda self: self.answers)
    @rule(data=st.data())
    def use_a_key_for_something_else(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.answers)))
        who, guests, _ = self.answers[key]
        answer = self._ask(who, guests + 1, key=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")

    @precondition(lambda self: self.confirm and self.believed)
    @rule(data=st.data())
    def confirm_an_address(self, data: st.DataObject) -> None:
        self._mine(data, "POST", "/confirm")

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), guests=GUESTS)
    def bring_others(self, data: st.DataObject, guests: int) -> None:
        self._mine(data, "PATCH", json={"guests": guests})

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), response=st.sampled_from(["going", "declined"]))
    def think_again(self, data: st.DataObject, response: str) -> None:
        self._mine(data, "PATCH", json={"response": response})

    @precondition(lambda self: self.believed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        status = self._mine(data, "DELETE")
        assert self.off or status in ("cancelled", "declined"), "who said no already is not asked twice"

    @rule(more=st.integers(min_value=-2, max_value=2))
    def bring_or_take_away_chairs(self, more: int) -> None:
        capacity = max(1, self.capacity + more)
        path = f"/api/v1/gatherings/{self.gathering['id']}"
        answer = self.runner.run(self.served.organiser("PATCH", path, json={"capacity": capacity}))
        fits = capacity >= places_taken(self.roster)
        assert (answer.status_code == 200) == (fits and not self.off), answer.text
        if answer.status_code == 200:
            self.capacity = capacity

    @precondition(lambda self: self.steps >= LATE)
    @rule()
    def cancel_the_gathering(self) -> None:
        path = f"/api/v1/gatherings/{self.gathering['id']}/cancel"
        assert self.runner.run(self.served.organiser("POST", path)).status_code == 200
        self.off = True

    @invariant()
    def the_list_is_fair(self) -> None:
        now = self._look()
        assert set(now) == set(self.believed), "who was answered with success is on the list, nobody else is"
        assert not self.off or now == self.roster, "what was cancelled stands still"
        self._nobody_is_too_many_and_nobody_who_fits_waits(now)
        nobody_was_overtaken(self.roster, now, capacity=self.capacity)
        self._only_a_promotion_comes_by_itself(now)
        self.roster = now
        self.steps += 1

    def _look(self) -> Roster:
        found = self.runner.run(self.served.roster(self.gathering))
        return {address.partition("-")[0]: item for address, item in found.items()}

    def _nobody_is_too_many_and_nobody_who_fits_waits(self, now: Roster) -> None:
        taken = places_taken(now)
        assert taken <= self.capacity
        waiting = in_line(now)
        assert self.waiting_list or not waiting
        assert all(taken + party(now[who]) > self.capacity for who in waiting), "a place stays empty"

    def _only_a_promotion_comes_by_itself(self, now: Roster) -> None:
        for who, status in self.believed.items():
            is_now = now[who]["status"]
            assert is_now == status or (status, is_now) == ("waitlisted", "going")
            self.believed[who] = is_now

    def _ask(self, who: str, guests: int, *, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        asked = self.served.rsvps(self.gathering, self._address(who), guests=guests, headers=headers)
        return self.runner.run(asked)

    def _believe(self, who: str, answer: httpx.Response) -> None:
        if who in self.believed:
            assert answer.status_code in (201, 409), "the same address again shows nothing about the first RSVP"
        elif answer.status_code == 201:
            self.believed[who] = answer.json()["status"]
            assert (self.believed[who] == "pending") == self.confirm
        else:
            self._was_refused(answer)

    def _repeat(self, key: str) -> None:
        who, guests, first = self.answers[key]
        said = self._how_much_was_said()
        again = self._ask(who, guests, key=key)
        assert (again.status_code, again.json()) == (201, first)
        assert self._how_much_was_said() == said, "a repeat has no effect of its own"

    def _how_much_was_said(self) -> int:
        return self.runner.run(self.served.parts.run.read(how_much_was_said))

    def _mine(self, data: st.DataObject, method: str, path: str = "", **request: Any) -> str:
        return self._as(data.draw(st.sampled_from(sorted(self.believed))), method, path, **request)

    def _as(self, who: str, method: str, path: str = "", **request: Any) -> str:
        token = self.runner.run(self.served.token(self.gathering, self._address(who)))
        answer = self.runner.run(self.served.holder(token, method, f"/api/v1/my/rsvp{path}", **request))
        if answer.status_code == 409:
            self._was_refused(answer)
            return self.believed[who]
        assert answer.status_code == 200, answer.text
        self.believed[who] = answer.json()["status"]
        return self.believed[who]

    def _was_refused(self, answer: httpx.Response) -> None:
        assert answer.json()["code"] in ({"gathering_cancelled"} if self.off else REFUSALS)

    def _address(self, who: str) -> str:
        return f"{who}-{self.example}"


def party(item: dict[str, Any]) -> int:
    return int(item["guests"]) + 1


def going(roster: Roster) -> set[str]:
    return {who for who, item in roster.items() if item["status"] == "going"}


def places_taken(roster: Roster) -> int:
    return sum(party(roster[who]) for who in going(roster))


def in_line(roster: Roster) -> list[str]:
    """Who waits, the first first."""
    places = {item["place_in_line"]: who for who, item in roster.items() if item["status"] == "waitlisted"}
    assert len(places) == sum(item["status"] == "waitlisted" for item in roster.values()), "two have the same place"
    assert None not in places
    return [places[place] for place in sorted(places)]


def nobody_was_overtaken(before: Roster, now: Roster, *, capacity: int) -> None:
    """Between two looks at the list: who waited is served in order, and newcomers took nothing that these could use."""
    line, came = in_line(before), going(now)
    promoted = [who for who in line if who in came]
    waits = [who for who in line if now[who]["status"] == "waitlisted"]
    assert in_line(now)[: len(waits)] == waits, "who waited still keeps their place, and who comes waits behind"
    free = capacity - places_taken(now)
    for who in came - going(before) - set(promoted):
        assert all(party(now[other]) > free + party(now[who]) for other in waits), f"{who} came later and sits"
    free += sum(party(now[who]) for who in promoted)
    for who in [who for who in line if who in promoted or who in waits]:
        fits = party(now[who]) <= free
        assert (who in promoted) == fits, f"{who} was {'passed over' if fits else 'let in'}, of {line}"
        free -= party(now[who]) if fits else 0


def how_much_was_said(store: Any) -> int:
    return int(store.sql.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one())


@pytest.mark.slow
def test_any_order_of_what_guests_and_organisers_do(sqlite_url: str) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        RsvpMachine.runner = runner
        RsvpMachine.served = runner.run(stack.enter_async_context(serving(sqlite_url)))
        try:
            run_state_machine_as_test(RsvpMachine, settings=settings(max_examples=25, stateful_step_count=12))
        finally:
            runner.run(stack.aclose())
