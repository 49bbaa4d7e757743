"""Any order of RSVPs, changes, cancellations and growing rooms over HTTP: nobody too many, nobody overtaken."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

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

from tests.rsvp.served import Served, serving

PEOPLE = st.sampled_from([f"guest{number}" for number in range(6)])
GUESTS = st.integers(min_value=0, max_value=2)
REFUSALS = {"gathering_full", "party_too_large", "guests_do_not_fit", "capacity_taken"}


class RsvpMachine(RuleBasedStateMachine):
    """A client who believes what it is answered, and an organiser who looks at the list."""

    example = 0
    runner: asyncio.Runner
    served: Served

    def __init__(self) -> None:
        super().__init__()
        self.believed: dict[str, str] = {}
        RsvpMachine.example += 1  # an address of this example only: the database is shared

    @initialize(capacity=st.integers(min_value=1, max_value=4), waiting_list=st.booleans())
    def open_the_doors(self, capacity: int, waiting_list: bool) -> None:
        made = self.served.a_gathering(capacity=capacity, waiting_list=waiting_list, confirm_addresses=False)
        self.gathering = self.runner.run(made)
        self.capacity, self.waiting_list = capacity, waiting_list

    @rule(who=PEOPLE, guests=GUESTS)
    def rsvp(self, who: str, guests: int) -> None:
        answer = self.runner.run(self.served.rsvps(self.gathering, self._address(who), guests=guests))
        if who in self.believed:
            assert answer.status_code in (201, 409), "the same address again shows nothing about the first RSVP"
        elif answer.status_code == 201:
            self.believed[who] = answer.json()["status"]
        else:
            assert answer.json()["code"] in REFUSALS

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), guests=GUESTS)
    def bring_others(self, data: st.DataObject, guests: int) -> None:
        self._mine(data, "PATCH", {"guests": guests})

    @precondition(lambda self: self.believed)
    @rule(data=st.data(), response=st.sampled_from(["going", "declined"]))
    def think_again(self, data: st.DataObject, response: str) -> None:
        self._mine(data, "PATCH", {"response": response})

    @precondition(lambda self: self.believed)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        assert self._mine(data, "DELETE", None) in ("cancelled", "declined"), "who said no already is not asked twice"

    @rule(more=st.integers(min_value=0, max_value=2))
    def find_more_chairs(self, more: int) -> None:
        path = f"/api/v1/gatherings/{self.gathering['id']}"
        answer = self.runner.run(self.served.organiser("PATCH", path, json={"capacity": self.capacity + more}))
        assert answer.status_code == 200, answer.text
        self.capacity += more

    @invariant()
    def nobody_is_too_many_and_nobody_who_fits_waits(self) -> None:
        if not hasattr(self, "gathering"):
            return
        found = self.runner.run(self.served.roster(self.gathering))
        roster = {address.partition("-")[0]: item for address, item in found.items()}
        assert set(roster) == set(self.believed), "who was answered with success is on the list, nobody else is"
        taken = sum(1 + item["guests"] for item in roster.values() if item["status"] == "going")
        assert taken <= self.capacity
        waiting = [item for item in roster.values() if item["status"] == "waitlisted"]
        assert self.waiting_list or not waiting
        assert all(taken + 1 + item["guests"] > self.capacity for item in waiting), "a place stays empty"
        lines = [item["place_in_line"] for item in waiting]
        assert None not in lines
        assert len(set(lines)) == len(lines)
        for who, status in self.believed.items():
            now = roster[who]["status"]
            assert now == status or (status, now) == ("waitlisted", "going"), "only a promotion comes by itself"
            self.believed[who] = now

    def _mine(self, data: st.DataObject, method: str, body: Any) -> str:
        who = data.draw(st.sampled_from(sorted(self.believed)))
        token = self.runner.run(self.served.token(self.gathering, self._address(who)))
        answer = self.runner.run(self.served.holder(token, method, "/api/v1/my/rsvp", json=body))
        if answer.status_code == 409:
            assert answer.json()["code"] in REFUSALS
            return self.believed[who]
        assert answer.status_code == 200, answer.text
        self.believed[who] = answer.json()["status"]
        return self.believed[who]

    def _address(self, who: str) -> str:
        return f"{who}-{self.example}"


@pytest.mark.slow
def test_any_order_of_what_guests_and_organisers_do(sqlite_url: str) -> None:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        RsvpMachine.runner = runner
        RsvpMachine.served = runner.run(stack.enter_async_context(serving(sqlite_url)))
        try:
            run_state_machine_as_test(RsvpMachine, settings=settings(max_examples=25, stateful_step_count=15))
        finally:
            runner.run(stack.aclose())
