"""Who knows whom already: a list may come before its people or after them, and nothing is kept of who never comes."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
import sqlalchemy as sa

from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.guest_lists import GuestListRefused, read_acquainted
from services.rsvp.handlers.acquainted import note_acquainted
from services.rsvp.handlers.housekeeping import drop_unseen_couples, expire_unconfirmed
from services.rsvp.handlers.my import erase_attendee
from services.rsvp.store.tables import acquainted
from shared.contracts.rsvp import PeopleAcquainted, RsvpConfirmed
from shared.due import DueWork
from tests.rsvp.builders import NOON, Desk, address
from tests.rsvp.served import Served


def lists(desk: Desk, gathering: Gathering, *couples: tuple[str, str]) -> Sequence[str]:
    return desk(note_acquainted, gathering.id, [(address(one), address(other)) for one, other in couples])


def couples_said(desk: Desk, gathering: Gathering) -> set[frozenset[str]]:
    """Who is known to know whom, by name."""
    names = {desk.rsvp(gathering, who).attendee_id: who for who in desk.statuses(gathering)}
    return {frozenset(names[person] for person in event.people) for event in desk.said(PeopleAcquainted)}


def test_people_on_the_list_who_are_here_are_said_to_know_each_other_once(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    for who in ("ana", "bo", "cleo"):
        desk.answers(gathering, who)
    assert lists(desk, gathering, ("ana", "bo"), ("cleo", "bo")) == ["added", "added"]
    assert lists(desk, gathering, ("bo", "ana"), ("bo", "cleo")) == ["unchanged", "unchanged"]
    assert couples_said(desk, gathering) == {frozenset(("ana", "bo")), frozenset(("bo", "cleo"))}
    assert len(desk.said(PeopleAcquainted)) == 2


def test_a_list_may_come_before_its_people_and_is_known_before_they_are_matched(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    desk.answers(gathering, "ana")
    assert lists(desk, gathering, ("ana", "bo"), ("cleo", "dana")) == ["waiting", "waiting"]
    assert desk.said(PeopleAcquainted) == []
    for who in ("cleo", "bo", "dana"):
        desk.answers(gathering, who)
    assert couples_said(desk, gathering) == {frozenset(("ana", "bo")), frozenset(("cleo", "dana"))}
    kinds = [type(event) for event in desk.said(PeopleAcquainted, RsvpConfirmed)]
    assert kinds == [RsvpConfirmed, RsvpConfirmed, PeopleAcquainted, RsvpConfirmed, PeopleAcquainted, RsvpConfirmed]


def test_an_erased_person_is_known_by_nobody_and_no_list_says_so_again(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    for who in ("ana", "bo"):
        desk.answers(gathering, who)
    lists(desk, gathering, ("ana", "bo"), ("ana", "nobody"))
    desk(erase_attendee, desk.rsvp(gathering, "ana").attendee_id)
    assert desk.said(PeopleAcquainted) == []
    assert rows(desk) == 0
    assert lists(desk, gathering, ("ana", "bo")) == ["forgotten"]
    assert rows(desk) == 0


def test_an_address_that_was_never_confirmed_leaves_what_the_list_says_of_it(desk: Desk) -> None:
    gathering = desk.a_gathering(starts_at=NOON + timedelta(days=20), ends_at=NOON + timedelta(days=21))
    lists(desk, gathering, ("ana", "bo"))
    desk.answers(gathering, "ana")
    desk.is_listed(gathering, "bo")
    assert len(desk.said(PeopleAcquainted)) == 1
    desk.later(days=8)
    desk(expire_unconfirmed, DueWork("k", "k", "housekeeping", NOON, {}))
    assert desk.said(PeopleAcquainted) == []
    desk.is_listed(gathering, "ana")
    assert couples_said(desk, gathering) == {frozenset(("ana", "bo"))}


def test_nothing_is_kept_of_people_who_never_came(desk: Desk) -> None:
    gathering = desk.a_gathering(confirm_addresses=False)
    for who in ("ana", "bo"):
        desk.answers(gathering, who)
    lists(desk, gathering, ("ana", "bo"), ("ana", "stranger"))
    desk(drop_unseen_couples, DueWork("k", "k", "housekeeping", NOON, {}))
    assert rows(desk) == 2
    desk.later(days=8)
    desk(drop_unseen_couples, DueWork("k", "k", "housekeeping", NOON, {}))
    assert rows(desk) == 1


def rows(desk: Desk) -> int:
    with desk.store() as store:
        return store.sql.execute(sa.select(sa.func.count()).select_from(acquainted)).scalar_one()


async def acquaintances(served: Served) -> list[PeopleAcquainted]:
    return [event for event in await served.said() if isinstance(event, PeopleAcquainted)]


async def test_an_organiser_brings_the_list_in_over_http_previewed_first(served: Served) -> None:
    gathering = await served.a_gathering(confirm_addresses=False)
    path = f"/api/v1/gatherings/{gathering['id']}/acquainted"
    for who in ("ana", "bo"):
        await served.rsvps(gathering, who)
    table = b"who,knows\nana@example.org,bo@example.org\nbo@example.org,cleo@example.org\nana@example.org,oops\n"
    would = (await served.organiser("POST", f"{path}?preview=true", content=table)).json()
    assert await acquaintances(served) == []
    did = (await served.organiser("POST", path, content=table)).json()
    assert did == {**would, "preview": False}
    assert did["effects"] == {"added": 1, "waiting": 1, "refused": 1}
    assert did["refused"][0]["line"] == 4
    again = (await served.organiser("POST", path, content=b'["bo@example.org", "ana@example.org"]\n')).json()
    assert again["effects"] == {"unchanged": 1}
    assert len(await acquaintances(served)) == 1
    assert (await served.http.post(path, content=table)).status_code == 401
    refused = await served.organiser("POST", path, content=b"only,one\nana@example.org,x\n")
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "A list of who knows whom needs exactly two columns of e-mail addresses.",
    )


@pytest.mark.parametrize(
    "raw",
    [
        b'["ana@example.org", "bo@example.org"]',
        b'[["ana@example.org", "bo@example.org"]]',
        b'["bo@example.org", "ana@example.org"]\n["ana@example.org", "bo@example.org"]\n',
        b"a,b\nana@example.org,bo@example.org\n",
        b"one\tname\tother\nAna <ana@example.org>\tx\tmailto:bo@example.org\n",
    ],
)
def test_couples_are_read_from_tables_and_from_json(raw: bytes) -> None:
    ((one, other),) = read_acquainted(raw).pairs
    assert {one.key, other.key} == {"ana@example.org", "bo@example.org"}


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"[1, 2]", b'{"a": "b"}\nnonsense', b"a,b\n1,2\n"])
def test_what_is_no_list_of_couples_is_refused_in_one_sentence(raw: bytes) -> None:
    with pytest.raises(GuestListRefused) as refused:
        read_acquainted(raw)
    assert refused.value.sentence.endswith((".", "each."))
