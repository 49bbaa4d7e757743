"""What operators ask of every service over HTTP: what died is listed, shown, tried again in order, or given up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from shared.running import Service
from tests.intro.builders import open_house
from tests.notify.builders import open_post_office
from tests.rsvp.served import serving
from tests.stuck import REASON, STREAMS, TRACE, TRIED, notes_kept, tried_now, two_died


@dataclass(frozen=True, slots=True)
class Asked:
    """A service with two dead entries, and who may look at them."""

    service: Service
    http: httpx.AsyncClient

    @property
    def stream(self) -> str:
        return STREAMS[self.service.name]

    async def gets(self, path: str) -> httpx.Response:
        return await self.http.get(f"/operate/dead{path}")

    async def posts(self, path: str, **given: str) -> httpx.Response:
        return await self.http.post(f"/operate/dead/{self.stream}/{path}", json=given)


@asynccontextmanager
async def opened(name: str, url: str) -> AsyncIterator[Asked]:
    if name == "rsvp":
        async with serving(url) as served:
            yield Asked(served.parts.service, served.http)
        return
    here = open_house(url) if name == "intro" else open_post_office(url)
    async with here.http() as http:
        yield Asked(here.parts.service, http)
    here.run.close()


@pytest.fixture(params=["rsvp", "intro", "notify"])
async def asked(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Asked]:
    async with opened(request.param, sqlite_url) as asked:
        await two_died(asked.service)
        yield asked


async def test_what_died_is_listed_with_reason_attempts_and_trace(asked: Asked) -> None:
    listed = (await asked.gets("")).json()["items"]
    assert [(one["stream"], one["sequence"], one["state"]) for one in listed] == [
        (asked.stream, 7, "dead"),
        (asked.stream, 8, "dead"),
    ]
    for one in listed:
        assert (one["reason"], one["attempts"], one["traceparent"]) == (REASON, TRIED, TRACE)
        assert (one["correlation_id"], one["next_at"]) == ("the-first-cause", None)


async def test_one_is_shown_with_its_trace_and_body(asked: Asked) -> None:
    shown = (await asked.gets(f"/{asked.stream}/8")).json()
    assert (shown["reason"], shown["attempts"], shown["traceparent"]) == (REASON, TRIED, TRACE)
    assert TRACE in shown["body"]
    assert (await asked.gets(f"/{asked.stream}/9")).status_code == 404


async def test_what_is_redriven_goes_through_in_the_order_of_its_subject(asked: Asked) -> None:
    again = (await asked.posts("8/redrive")).json()
    assert (again["state"], again["attempts"]) == ("parked", 0)
    assert again["next_at"]
    assert await tried_now(asked.service) == [], "an earlier one of its subject is still dead"
    await asked.posts("7/redrive")
    assert await tried_now(asked.service) == [1, 2]
    assert (await asked.gets("")).json() == {"items": []}
    assert (await asked.posts("7/redrive")).status_code == 404


async def test_what_is_redriven_is_tried_at_once(asked: Asked) -> None:
    await asked.service.signals.wait("parked", at_most=0)
    await asked.posts("7/redrive")
    assert await asked.service.signals.wait("parked", at_most=5), "the loop that tries again is woken"


async def test_what_is_given_up_leaves_its_number_and_a_note(asked: Asked) -> None:
    left = await asked.posts("7/drop", note="sent by a robot")
    assert [one["sequence"] for one in left.json()["items"]] == [8]
    assert await notes_kept(asked.service) == [(7, REASON, "sent by a robot")]
    await asked.posts("8/redrive")
    assert await tried_now(asked.service) == [2], "what queues behind it goes on"
    assert (await asked.posts("7/drop", note="again")).status_code == 404
