"""The same on every database: many at once, and nobody twice."""

import asyncio
from collections import Counter

from services.rsvp.importing import import_list, read_list
from shared.contracts.rsvp import PeopleAcquainted, RsvpConfirmed, RsvpPromoted, RsvpWaitlisted
from tests.rsvp.served import serving
from tests.rsvp.test_imports import many


async def test_many_at_once_get_what_there_is_and_one_attendee_each(database_url: str) -> None:
    async with serving(database_url) as served:
        small = await served.a_gathering(capacity=10, confirm_addresses=False)
        other = await served.a_gathering(title="Another", confirm_addresses=False)
        people = [f"p{number}" for number in range(40)]
        answers = await asyncio.gather(
            *(served.rsvps(small, who) for who in people),
            *(served.rsvps(other, who) for who in people),
            *(served.rsvps(small, who) for who in people[:10]),
        )
        assert {answer.status_code for answer in answers} == {201}
        roster = await served.roster(small)
        assert Counter(one["status"] for one in roster.values()) == {"going": 10, "waitlisted": 30}
        assert sorted(one["place_in_line"] or 0 for one in roster.values()) == [0] * 10 + list(range(1, 31))
        assert len(await served.roster(other)) == 40
        ids = {event.email: set[str]() for event in await served.said() if isinstance(event, RsvpConfirmed)}
        for event in await served.said():
            if isinstance(event, RsvpConfirmed | RsvpWaitlisted):
                ids.setdefault(event.email, set()).add(event.attendee_id)
        assert {len(known) for known in ids.values()} == {1}

        leavers = [one["email"] for one in roster.values() if one["status"] == "going"]
        tokens = [await served.token(small, email) for email in leavers]
        await asyncio.gather(*(served.holder(token, "DELETE", "/api/v1/my/rsvp") for token in tokens))
        assert Counter(one["status"] for one in (await served.roster(small)).values()) == {
            "going": 10,
            "waitlisted": 20,
            "cancelled": 10,
        }
        promoted = [event for event in await served.said() if isinstance(event, RsvpPromoted)]
        assert [roster[event.email.partition("@")[0]]["place_in_line"] for event in promoted] == list(range(1, 11))


async def test_two_imports_of_one_list_at_once_are_one(database_url: str) -> None:
    async with serving(database_url) as served:
        gathering = await served.a_gathering(capacity=100)
        guests = await read_list(many(130))

        async def whole() -> None:
            async for _ in import_list(served.parts.run, gathering["id"], guests):
                pass

        await asyncio.gather(whole(), whole(), whole())
        roster = await served.roster(gathering)
        assert Counter(one["status"] for one in roster.values()) == {"going": 100, "waitlisted": 30}
        said = [event for event in await served.said() if isinstance(event, RsvpConfirmed | RsvpWaitlisted)]
        assert len(said) == 130


async def test_a_page_an_export_and_an_erasure(database_url: str) -> None:
    async with serving(database_url) as served:
        gathering = await served.a_gathering()
        await served.rsvps(gathering, "dana", introductions=True, profile={"tip": "Arrive early"})
        token = await served.token(gathering, "dana")
        assert (await served.http.post(f"/my/{token}/confirm")).status_code == 303
        assert "You are going" in (await served.http.get(f"/my/{token}")).text
        assert (await served.holder(token, "GET", "/api/v1/my/data")).json()["email"] == "dana@example.org"
        assert (await served.holder(token, "DELETE", "/api/v1/my/data")).status_code == 204
        assert await served.roster(gathering) == {}
        assert (await served.http.get("/readyz")).status_code == 200
        assert (await served.http.get("/metrics")).status_code == 200


async def test_who_knows_whom_is_said_once_however_list_and_people_race(database_url: str) -> None:
    async with serving(database_url) as served:
        gathering = await served.a_gathering(confirm_addresses=False)
        path = f"/api/v1/gatherings/{gathering['id']}/acquainted"
        table = "\n".join(["one,other", *(f"p{n}@example.org,p{n + 1}@example.org" for n in range(0, 30, 2))]).encode()
        answers = await asyncio.gather(
            served.organiser("POST", path, content=table),
            *(served.rsvps(gathering, f"p{number}") for number in range(30)),
            served.organiser("POST", path, content=table),
        )
        assert {answer.status_code for answer in answers} == {200, 201}
        said = [event for event in await served.said() if isinstance(event, PeopleAcquainted)]
        assert len(said) == len({event.people for event in said}) == 15
        assert (await served.organiser("POST", path, content=table)).json()["effects"] == {"unchanged": 15}
        token = await served.token(gathering, "p0")
        assert (await served.holder(token, "GET", "/api/v1/my/data")).json()["acquainted_with"] == 1
        assert (await served.holder(token, "DELETE", "/api/v1/my/data")).status_code == 204
        said = [event for event in await served.said() if isinstance(event, PeopleAcquainted)]
        assert len(said) == 14
