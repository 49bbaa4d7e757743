"""Capacity and the waiting list hold, whatever happens in whatever order."""

import contextlib
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.rsvp.domain.capacity import CapacityTaken, GuestsDoNotFit
from services.rsvp.handlers.gatherings import change_gathering
from services.rsvp.handlers.my import cancel_rsvp, change_rsvp, erase_attendee
from services.rsvp.store.tables import metadata, rsvps
from shared.contracts.rsvp import RsvpCancelled, RsvpPromoted
from shared.errors import TablematesError
from tests.databases import open_database
from tests.rsvp.builders import PUBLIC_URL, Desk

ENGINE = open_database("sqlite://", metadata)
PEOPLE = ("ana", "bo", "cleo", "dana", "eli", "fay", "gus", "hal")


def test_a_cancellation_promotes_the_first_in_line_and_tells_both(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1)
    for who in ("ana", "bo", "cleo"):
        desk.is_listed(gathering, who)
    desk(cancel_rsvp, gathering.id, desk.rsvp(gathering, "ana").attendee_id)
    assert desk.statuses(gathering) == {"ana": "cancelled", "bo": "going", "cleo": "waitlisted"}
    assert [event.email for event in desk.said(RsvpCancelled)] == ["ana@example.org"]
    assert [event.email for event in desk.said(RsvpPromoted)] == ["bo@example.org"]


def test_a_place_goes_to_the_first_whose_party_fits(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=2)
    for who, guests in (("ana", 0), ("bo", 0), ("cleo", 1), ("dana", 0)):
        desk.is_listed(gathering, who, guests=guests)
    desk(cancel_rsvp, gathering.id, desk.rsvp(gathering, "bo").attendee_id)
    assert desk.statuses(gathering) == {"ana": "going", "bo": "cancelled", "cleo": "waitlisted", "dana": "going"}


def test_guests_count(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=3)
    assert desk.is_listed(gathering, "ana", guests=1).status == "going"
    assert desk.is_listed(gathering, "bo", guests=1).status == "waitlisted"
    assert desk.is_listed(gathering, "cleo").status == "going"


def test_raising_the_capacity_promotes_in_order(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=1)
    for who in ("ana", "bo", "cleo", "dana"):
        desk.is_listed(gathering, who)
    desk(change_gathering, gathering.id, {"capacity": 3}, public_url=PUBLIC_URL)
    assert [event.email[:2] for event in desk.said(RsvpPromoted)] == ["bo", "cl"]
    desk(change_gathering, gathering.id, {"capacity": None}, public_url=PUBLIC_URL)
    assert set(desk.statuses(gathering).values()) == {"going"}


def test_the_capacity_cannot_fall_below_who_is_going(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=3)
    desk.is_listed(gathering, "ana", guests=1)
    with pytest.raises(CapacityTaken, match="2 people"):
        desk(change_gathering, gathering.id, {"capacity": 1}, public_url=PUBLIC_URL)


def test_who_asks_for_more_guests_than_fit_keeps_what_they_have(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=2)
    for who in ("ana", "bo"):
        desk.is_listed(gathering, who)
    ana = desk.rsvp(gathering, "ana")
    with pytest.raises(GuestsDoNotFit):
        desk(change_rsvp, gathering.id, ana.attendee_id, {"guests": 1})
    assert desk.rsvp(gathering, "ana") == ana


def test_who_waits_and_leaves_a_guest_at_home_may_fit_at_once(desk: Desk) -> None:
    gathering = desk.a_gathering(capacity=2)
    desk.is_listed(gathering, "ana")
    desk.is_listed(gathering, "bo", guests=1)
    after = desk(change_rsvp, gathering.id, desk.rsvp(gathering, "bo").attendee_id, {"guests": 0})
    assert after.status == "going"


class AnyInterleaving(RuleBasedStateMachine):
    """Everything that can happen to a gathering's places, in any order, against the plain rule."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(engine=ENGINE)
        self.desk.clear()
        self.room = self.desk.a_gathering(capacity=4, confirm_addresses=False)

    @rule(who=st.sampled_from(PEOPLE), guests=st.integers(0, 2), by=st.sampled_from(["attendee", "organiser"]))
    def rsvp(self, who: str, guests: int, by: str) -> None:
        act = self.desk.answers if by == "attendee" else self.desk.is_listed
        with contextlib.suppress(TablematesError):
            act(self.room, who, guests=guests)

    def _present(self) -> list[Any]:
        with self.desk.engine.connect() as sql:
            return list(sql.execute(sa.select(rsvps).order_by(rsvps.c.place_in_line)).all())

    @precondition(lambda self: self._present())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self._present()))
        self.desk(cancel_rsvp, self.room.id, row.attendee_id)

    @precondition(lambda self: self._present())
    @rule(data=st.data(), guests=st.integers(0, 2), back=st.booleans())
    def change(self, data: st.DataObject, guests: int, back: bool) -> None:
        row = data.draw(st.sampled_from(self._present()))
        changes = {"guests": guests} | ({"response": data.draw(st.sampled_from(["going", "declined"]))} if back else {})
        with contextlib.suppress(TablematesError):
            self.desk(change_rsvp, self.room.id, row.attendee_id, changes)

    @precondition(lambda self: self._present())
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from(self._present()))
        self.desk(erase_attendee, row.attendee_id)

    @rule(capacity=st.integers(1, 8) | st.none())
    def resize(self, capacity: int | None) -> None:
        with contextlib.suppress(CapacityTaken):
            self.desk(change_gathering, self.room.id, {"capacity": capacity}, public_url=PUBLIC_URL)

    @invariant()
    def holds(self) -> None:
        gathering = self.desk.gathering(self.room)
        present = self._present()
        taken = sum(row.guests + 1 for row in present if row.status == "going")
        assert gathering.taken == taken
        line = [row for row in present if row.status == "waitlisted"]
        assert all(row.place_in_line for row in line)
        assert all(row.place_in_line is None for row in present if row.status != "waitlisted")
        assert len({row.place_in_line for row in line}) == len(line)
        if gathering.capacity is not None:
            assert taken <= gathering.capacity
            # nobody waits who would fit, so nobody who came later was let past them
            assert not any(row.guests + 1 <= gathering.capacity - taken for row in line)
        else:
            assert not line


TestAnyInterleaving = pytest.mark.slow(AnyInterleaving.TestCase)
TestAnyInterleaving.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
