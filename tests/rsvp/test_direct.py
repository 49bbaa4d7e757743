"""An RSVP that takes the short way is answered, counted and refused exactly as FastAPI would."""

import json
from typing import Any

import pytest

from services.rsvp.api.direct import ROUTE
from shared.metrics import REGISTRY
from tests.rsvp.served import Served

SHORT, LONG = "application/json", "application/json; charset=utf-8"
BODIES = {
    "all is well": b'{"email": "WHO@example.org", "guests": 1}',
    "no json": b'{"email": ',
    "no address": b"{}",
    "not an address": b'{"email": "dana"}',
    "unknown field": b'{"email": "WHO@example.org", "colour": "red"}',
    "wrong type": b'{"email": "WHO@example.org", "guests": "two"}',
    "NUL": b'{"email": "WHO@example.org", "name": "\\u0000"}',
    "half a pair": b'{"email": "WHO@example.org", "name": "\\ud800"}',
    "nothing": b"",
}


async def answered(served: Served, path: str, body: bytes, kind: str, **headers: str) -> tuple[int, Any]:
    """Status and document; another person each time, so that nobody comes twice."""
    own = body.replace(b"WHO", b"short" if kind == SHORT else b"long")
    answer = await served.http.post(path, content=own, headers={"Content-Type": kind, **headers})
    document = answer.json()
    document.pop("id", None)
    return answer.status_code, document


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
async def test_both_ways_answer_alike(served: Served, body: bytes) -> None:
    gathering = await served.a_gathering()
    path = f"/api/v1/gatherings/{gathering['slug']}/rsvps"
    assert await answered(served, path, body, SHORT) == await answered(served, path, body, LONG)


@pytest.mark.parametrize("reference", ["nobody-knows-it", "x" * 101, "01890000-0000-7000-8000-000000000000"])
async def test_both_ways_refuse_alike(served: Served, reference: str) -> None:
    path = f"/api/v1/gatherings/{reference}/rsvps"
    body = BODIES["all is well"]
    assert await answered(served, path, body, SHORT) == await answered(served, path, body, LONG)


async def test_a_key_that_is_too_long_is_refused_by_name(served: Served) -> None:
    gathering = await served.a_gathering()
    path, key = f"/api/v1/gatherings/{gathering['id']}/rsvps", {"Idempotency-Key": "k" * 201}
    status, document = await answered(served, path, BODIES["all is well"], SHORT, **key)
    assert (status, document["errors"][0]["field"]) == (422, "idempotency-key")


async def test_an_organiser_s_rsvp_is_settled_at_once_whichever_way_it_takes(served: Served) -> None:
    gathering = await served.a_gathering()
    path = f"/api/v1/gatherings/{gathering['id']}/rsvps"
    for kind in (SHORT, LONG):
        body = json.dumps({"email": f"{len(kind)}@example.org"})
        answer = await served.organiser("POST", path, content=body, headers={"Content-Type": kind})
        assert answer.json()["status"] == "going"


async def test_both_ways_are_counted_as_the_same_route(served: Served) -> None:
    gathering = await served.a_gathering()
    labels = {"service": "rsvp", "method": "POST", "route": ROUTE.path, "status": "201"}

    def count() -> float:
        return REGISTRY.get_sample_value("tablemates_http_request_seconds_count", labels) or 0.0

    before = count()
    for kind in (SHORT, LONG):
        await answered(served, f"/api/v1/gatherings/{gathering['id']}/rsvps", BODIES["all is well"], kind)
    assert count() == before + 2


async def test_a_body_in_pieces_is_put_together(served: Served) -> None:
    gathering = await served.a_gathering()
    body = BODIES["all is well"]

    async def pieces() -> Any:
        yield body[:9]
        yield body[9:]

    headers = {"Content-Type": SHORT, "Content-Length": str(len(body))}
    answer = await served.http.post(f"/api/v1/gatherings/{gathering['id']}/rsvps", content=pieces(), headers=headers)
    assert answer.status_code == 201
