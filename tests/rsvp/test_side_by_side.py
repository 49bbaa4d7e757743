"""Two things in the very same moment, as on two replicas: neither undoes the other."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.rsvp.consumers import HEARS
from services.rsvp.domain.addresses import digest_of
from services.rsvp.domain.guest_lists.records import Guest
from services.rsvp.domain.rsvps import Told
from services.rsvp.handlers.acquainted import note_acquainted
from services.rsvp.handlers.housekeeping import expire_unconfirmed
from services.rsvp.handlers.lists import import_guests
from services.rsvp.handlers.my import erase_attendee
from services.rsvp.handlers.rsvps import answer_rsvp, confirm_rsvp
from shared.contracts.notify import AddressSuppressed
from shared.contracts.rsvp import AttendeeSuppressed, PeopleAcquainted
from shared.due import DueWork
from tests.beside import side_by_side
from tests.rsvp.builders import address
from tests.rsvp.served import Served, serving

pytestmark = pytest.mark.containers


@pytest.fixture
async def served(postgres_url: str) -> AsyncIterator[Served]:
    async with serving(postgres_url) as served:
        yield served


async def dana_comes(served: Served, **fields: Any) -> tuple[str, str]:
    """To a gathering; the ids of both."""
    gathering = await served.a_gathering(**fields)
    await served.rsvps(gathering, "dana")
    found = await served.parts.run.read(lambda store: store.attendee_with(address("dana").key))
    return gathering["id"], found.id


def answers(gathering_id: str, who: str) -> Any:
    return lambda tx: answer_rsvp(tx, gathering_id, address(who), Told(name=who.title()))


async def test_who_confirms_while_what_waited_too_long_is_deleted_comes(served: Served) -> None:
    gathering, dana = await dana_comes(served)
    served.clock.leap(timedelta(days=7.1))
    work = DueWork("expire", "expire", "housekeeping", served.clock.now(), {})
    await side_by_side(
        served.parts.run, lambda tx: confirm_rsvp(tx, gathering, dana), lambda tx: expire_unconfirmed(tx, work)
    )
    kept = await served.parts.run.read(lambda store: store.rsvp_of(gathering, dana))
    assert kept is not None
    assert kept.status == "going"


async def test_a_link_that_is_asked_for_while_mail_is_stopped_does_not_bring_it_back(served: Served) -> None:
    gathering, dana = await dana_comes(served)
    stopped = AddressSuppressed(attendee_id=dana, reason="unsubscribed", version=1)
    await side_by_side(served.parts.run, lambda tx: HEARS[AddressSuppressed](tx, stopped), answers(gathering, "dana"))
    kept = await served.parts.run.read(lambda store: store.attendee(dana))
    assert (kept.suppressed, kept.links) == (True, 1)


async def test_who_answers_another_gathering_while_they_are_erased_comes_there_anew(served: Served) -> None:
    _, dana = await dana_comes(served)
    other = await served.a_gathering(title="Another")
    await side_by_side(served.parts.run, lambda tx: erase_attendee(tx, dana), answers(other["id"], "dana"))
    now = await served.parts.run.read(lambda store: store.attendee_with(address("dana").key))
    assert now is not None
    assert now.id != dana


async def test_a_list_brings_nobody_back_who_is_erased_meanwhile(served: Served) -> None:
    _, dana = await dana_comes(served)
    other = await served.a_gathering(title="Another")
    guest = Guest(line=2, address=address("dana"), name="Dana")
    _, [done] = await side_by_side(
        served.parts.run, lambda tx: erase_attendee(tx, dana), lambda tx: import_guests(tx, other["id"], [guest])
    )
    assert done.effect == "forgotten"


async def test_two_who_know_each_other_and_come_at_once_are_said_to(served: Served) -> None:
    here, there = [await served.a_gathering(confirm_addresses=False) for _ in range(2)]
    for gathering in (here, there):
        table = b"one,other\ndana@example.org,lee@example.org\n"
        path = f"/api/v1/gatherings/{gathering['id']}/acquainted"
        answer = await served.organiser("POST", path, content=table)
        assert answer.status_code == 200, answer.text
    await side_by_side(served.parts.run, answers(here["id"], "dana"), answers(there["id"], "lee"))
    assert len([event for event in await served.said() if isinstance(event, PeopleAcquainted)]) == 1


async def test_nothing_is_said_of_somebody_after_the_word_that_they_are_erased(served: Served) -> None:
    _, dana = await dana_comes(served)
    stopped = AddressSuppressed(attendee_id=dana, reason="unsubscribed", version=1)
    await side_by_side(
        served.parts.run,
        lambda tx: erase_attendee(tx, dana),
        lambda tx: HEARS[AddressSuppressed](tx, stopped),
    )
    assert not [event for event in await served.said() if isinstance(event, AttendeeSuppressed)]


async def test_a_list_of_who_knows_whom_keeps_nothing_of_who_is_erased_meanwhile(served: Served) -> None:
    _, dana = await dana_comes(served)
    other = await served.a_gathering(title="Another")
    couple = (address("dana"), address("lee"))
    _, [effect] = await side_by_side(
        served.parts.run, lambda tx: erase_attendee(tx, dana), lambda tx: note_acquainted(tx, other["id"], [couple])
    )
    assert effect == "forgotten"
    digest = digest_of(address("dana").key)
    assert await served.parts.run.read(lambda store: store.couples_of([digest])) == []
