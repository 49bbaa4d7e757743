"""What operators ask of a service over HTTP: what could not be handled is listed, shown, tried again or given up."""

from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.paths import OneAddress, OperatorsAddress
from shared.bus import Entry
from shared.contracts.envelope import encode
from shared.parked import park
from tests.intro.builders import House
from tests.intro.test_erasure import decode_one

STREAM = "rsvp.events"


@pytest.fixture
async def operators(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """One entry that waits, one that nobody can read, and who may look at them."""
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    envelope = decode_one(house)
    entry = Entry(7, 6, encode(envelope))
    await house.run(park, STREAM, entry, envelope=envelope, reason="GatheringUnknown: not yet", group="intro")
    await house.run(park, STREAM, Entry(8, 7, b"\xff{"), envelope=None, reason="cannot be decoded", group="intro")
    async with house.http() as http:
        yield http


async def test_what_could_not_be_handled_is_listed_with_its_reason_and_trace(operators: httpx.AsyncClient) -> None:
    parked, dead = (await operators.get("/operate/dead")).json()["items"]
    assert (parked["sequence"], parked["state"], parked["attempts"]) == (7, "parked", 1)
    assert parked["reason"] == "GatheringUnknown: not yet"
    assert parked["next_at"]
    assert "body" not in parked
    assert (dead["state"], dead["next_at"], dead["traceparent"]) == ("dead", None, None)
    shown = (await operators.get(f"/operate/dead/{STREAM}/7")).json()
    assert shown["body"].startswith("{")


async def test_an_entry_is_tried_again_or_given_up_with_a_note(operators: httpx.AsyncClient) -> None:
    again = await operators.post(f"/operate/dead/{STREAM}/8/redrive", json={})
    assert again.json()["state"] == "parked"
    unsaid = await operators.post(f"/operate/dead/{STREAM}/8/drop", json={"note": ""})
    assert unsaid.status_code == 422
    left = await operators.post(f"/operate/dead/{STREAM}/8/drop", json={"note": "a rehearsal"})
    assert [entry["sequence"] for entry in left.json()["items"]] == [7]
    gone = await operators.post(f"/operate/dead/{STREAM}/8/redrive", json={})
    assert (gone.status_code, gone.json()["detail"][-1]) == (404, ".")


async def test_another_websites_page_can_do_nothing_here(operators: httpx.AsyncClient) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    for request in (
        operators.get("/operate/dead", headers=elsewhere),
        operators.post(f"/operate/dead/{STREAM}/8/redrive", json={}, headers=elsewhere),
    ):
        assert (await request).status_code == 403
    form = await operators.post(f"/operate/dead/{STREAM}/8/drop", data={"note": "oops"})
    assert form.status_code == 422


@pytest.mark.parametrize("path", ["/operate", "/operate/dead", "/operate/mails/unknown"])
async def test_the_public_address_knows_nothing_of_it(house: House, path: str) -> None:
    public = httpx.ASGITransport(OneAddress(dict.fromkeys(("rsvp", "intro", "notify"), house.parts.app)))
    async with httpx.AsyncClient(transport=public, base_url="http://localhost:8000") as http:
        assert (await http.get(path)).status_code == 404


async def test_the_operators_address_has_each_service_behind_its_name(house: House) -> None:
    theirs = httpx.ASGITransport(OperatorsAddress({"intro": house.parts.app}))
    async with httpx.AsyncClient(transport=theirs, base_url="http://localhost:8001") as http:
        assert (await http.get("/intro/operate/dead")).json() == {"items": []}
        assert (await http.get("/intro/readyz")).status_code == 200
        assert (await http.get("/nobody/readyz")).status_code == 404
        assert (await http.get("/")).status_code == 404


async def test_a_websites_own_name_that_leads_here_is_not_answered(house: House) -> None:
    theirs = httpx.ASGITransport(OperatorsAddress({"intro": house.parts.app}))
    async with httpx.AsyncClient(transport=theirs, base_url="http://rebound.example:8001") as http:
        refused = await http.get("/intro/operate/dead")
    assert (refused.status_code, refused.json()["code"]) == (421, "misdirected_request")
