"""The API as a client meets it."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.rsvp import (
    RsvpCancelled,
    RsvpConfirmed,
    RsvpLinkRequested,
    RsvpPromoted,
    RsvpRequested,
    RsvpWaitlisted,
)
from tests.rsvp.builders import NOON
from tests.rsvp.served import Served, gathering_json, serving

THE_EXAMPLE = {
    "email": "dana@example.org",
    "name": "Dana Reyes",
    "response": "going",
    "guests": 0,
    "introductions": True,
    "profile": {
        "role": "Cataloguer",
        "employer": "Ridge County Library",
        "stage": "changing_career",
        "interests": ["metadata", "zines", "trail running"],
        "goals": ["learn", "friendship"],
        "asks": ["moving from cataloguing to data work"],
        "offers": ["MARC clean-up"],
        "pace": "quiet",
        "reach": "region",
        "place": {"city": "Asheville", "region": "NC", "country": "US"},
        "languages": ["en"],
        "tip": "Arrive early: rooms are kinder when they are empty.",
    },
    "answers": {},
}


async def test_the_story_of_one_rsvp(served: Served) -> None:
    gathering = await served.a_gathering()
    assert gathering["url"] == "http://localhost:8000/g/quiet-tables"
    assert gathering["starts_at"] == "2027-03-08T07:00:00-05:00"
    received = await served.http.post(f"/api/v1/gatherings/{gathering['slug']}/rsvps", json=THE_EXAMPLE)
    assert (received.status_code, received.json()["status"]) == (201, "pending")

    token = await served.token(gathering, "dana")
    confirmed = (await served.holder(token, "POST", "/api/v1/my/rsvp/confirm")).json()
    assert confirmed["status"] == "going"
    assert confirmed["profile"] == THE_EXAMPLE["profile"]

    changed = await served.holder(
        token, "PATCH", "/api/v1/my/rsvp", json={"guests": 1, "profile": {"pace": "outgoing"}}
    )
    assert (changed.json()["guests"], changed.json()["profile"]["pace"]) == (1, "outgoing")
    assert changed.json()["profile"]["interests"] == ["metadata", "zines", "trail running"]

    exported = (await served.holder(token, "GET", "/api/v1/my/data")).json()
    assert exported["rsvps"][0]["gathering"]["title"] == "Quiet Tables"
    cancelled = await served.holder(token, "DELETE", "/api/v1/my/rsvp")
    assert cancelled.json()["status"] == "cancelled"
    back = await served.holder(token, "PATCH", "/api/v1/my/rsvp", json={"response": "going"})
    assert back.json()["status"] == "going"

    assert (await served.holder(token, "DELETE", "/api/v1/my/data")).status_code == 204
    assert (await served.holder(token, "GET", "/api/v1/my/rsvp")).status_code == 404
    assert (await served.holder(token, "DELETE", "/api/v1/my/data")).status_code == 204
    assert await served.roster(gathering) == {}


async def test_a_hundred_clients_race_for_the_last_ten_places(served: Served) -> None:
    gathering = await served.a_gathering(capacity=10, confirm_addresses=False)
    answers = await asyncio.gather(*(served.rsvps(gathering, f"client{n}") for n in range(100)))
    assert Counter(answer.json()["status"] for answer in answers) == {"going": 10, "waitlisted": 90}
    roster = await served.roster(gathering)
    came = [event for event in await served.said() if isinstance(event, RsvpConfirmed | RsvpWaitlisted)]
    assert [event.status for event in came] == ["going"] * 10 + ["waitlisted"] * 90
    line = [rsvp for event in came if (rsvp := roster[event.email.partition("@")[0]])["place_in_line"]]
    assert [rsvp["place_in_line"] for rsvp in line] == list(range(1, 91))

    leaver = came[3].email
    await served.holder(await served.token(gathering, leaver), "DELETE", "/api/v1/my/rsvp")
    said = await served.said()
    assert [event.email for event in said if isinstance(event, RsvpPromoted)] == [line[0]["email"]]
    assert [event.email for event in said if isinstance(event, RsvpCancelled)] == [leaver]
    assert Counter(rsvp["status"] for rsvp in (await served.roster(gathering)).values())["going"] == 10


async def test_who_waits_sees_how_many_are_before_them(served: Served) -> None:
    gathering = await served.a_gathering(capacity=1, confirm_addresses=False)
    for who in ("ana", "bo", "cleo"):
        await served.rsvps(gathering, who)
    mine = (await served.holder(await served.token(gathering, "cleo"), "GET", "/api/v1/my/rsvp")).json()
    assert (mine["status"], mine["ahead"]) == ("waitlisted", 1)


async def test_a_retry_with_the_same_key_has_one_effect(served: Served) -> None:
    gathering = await served.a_gathering()
    key = {"Idempotency-Key": "d1b6"}
    first, again = await asyncio.gather(*(served.rsvps(gathering, "dana", headers=key) for _ in range(2)))
    assert first.json() == again.json()
    assert (first.status_code, again.status_code) == (201, 201)
    other = await served.rsvps(gathering, "sam", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    said = [event for event in await served.said() if isinstance(event, RsvpRequested | RsvpLinkRequested)]
    assert len(said) == 1


async def test_the_same_address_again_is_answered_alike(served: Served) -> None:
    gathering = await served.a_gathering()
    first = await served.rsvps(gathering, "dana", name="Dana")
    again = await served.rsvps(gathering, "dana", name="Mallory")
    assert again.status_code == first.status_code == 201
    assert again.json().keys() == first.json().keys()
    assert again.json()["status"] == first.json()["status"]
    assert (await served.roster(gathering))["dana"]["name"] == "Dana"


async def test_with_an_organisers_key_an_rsvp_counts_at_once(served: Served) -> None:
    gathering = await served.a_gathering()
    key = {"Authorization": f"Bearer {served.key}"}
    assert (await served.rsvps(gathering, "dana", headers=key)).json()["status"] == "going"
    assert (await served.rsvps(gathering, "sam", headers={"Authorization": "Bearer tm_forged"})).status_code == 401


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"shoe_size": 44}, 422, "shoe_size: is not a field that we know"),
    ({"profile": {"shoe_size": 44}}, 422, "profile.shoe_size: is not a field that we know"),
    ({"email": "dana"}, 422, "@"),
    ({"email": "dana@localhost"}, 422, "period"),
    ({"email": ""}, 422, "email"),
    ({"guests": -1}, 422, "guests"),
    ({"guests": "2"}, 422, "guests"),
    ({"guests": 100}, 422, "guests"),
    ({"response": "perhaps"}, 422, "response"),
    ({"name": "x" * 301}, 422, "name"),
    ({"name": "a\x00b"}, 422, "NUL"),
    ({"profile": {"interests": ["x"] * 61}}, 422, "profile.interests"),
    ({"profile": {"tip": "x" * 1001}}, 422, "profile.tip"),
    ({"profile": {"pace": "frantic"}}, 422, "profile.pace"),
    ({"answers": {"q": "x" * 5001}}, 422, "answers"),
    ({"share": ["email"]}, 422, "share"),
]


@pytest.mark.parametrize(("fields", "status", "sentence"), WRONG, ids=lambda value: str(value)[:40])
async def test_wrong_input_is_named_in_one_sentence(
    served: Served, fields: dict[str, Any], status: int, sentence: str
) -> None:
    gathering = await served.a_gathering()
    answer = await served.rsvps(gathering, "dana", **fields)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert sentence in answer.json()["detail"]
    assert await served.roster(gathering) == {}


async def test_a_gathering_that_is_off_over_closed_or_nowhere_says_so(served: Served) -> None:
    off = await served.a_gathering(title="Off")
    await served.organiser("POST", f"/api/v1/gatherings/{off['id']}/cancel", json={"reason": "Snow"})
    closed = await served.a_gathering(title="Closed", rsvp_closes_at=(NOON - timedelta(hours=1)).isoformat())
    over = await served.a_gathering(
        title="Over", starts_at=NOON.isoformat(), ends_at=(NOON + timedelta(hours=1)).isoformat()
    )
    served.clock.leap(timedelta(hours=2))
    for gathering, status, code in (
        (off, 409, "gathering_cancelled"),
        (closed, 409, "rsvps_closed"),
        (over, 409, "gathering_over"),
        ({"id": "nowhere"}, 404, "gathering_unknown"),
    ):
        answer = await served.rsvps(gathering, "dana")
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_links_that_are_forged_expired_or_missing_open_nothing(served: Served) -> None:
    gathering = await served.a_gathering()
    await served.rsvps(gathering, "dana")
    expired = await served.token(gathering, "dana", purpose="confirm", expires_at=NOON - timedelta(seconds=1))
    other = await served.token(gathering, "dana", purpose="unsubscribe")
    good = await served.token(gathering, "dana")
    for token, status, code in (
        (good[:-2] + "xx", 404, "link_invalid"),
        (other, 404, "link_invalid"),
        (expired, 410, "link_expired"),
    ):
        for method, path in (("GET", "/api/v1/my/rsvp"), ("DELETE", "/api/v1/my/data")):
            answer = await served.holder(token, method, path)
            assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await served.http.get("/api/v1/my/rsvp")).status_code == 401


WRONG_GATHERINGS: list[tuple[dict[str, Any], str]] = [
    ({"timezone": "Mars/Olympus"}, "timezone"),
    ({"ends_at": (NOON + timedelta(days=1)).isoformat()}, "after starts_at"),
    ({"starts_at": "2020-01-01T10:00:00Z", "ends_at": "2020-01-01T12:00:00Z"}, "in the past"),
    ({"starts_at": "2027-04-01T10:00:00"}, "starts_at"),
    ({"capacity": 0}, "capacity"),
    ({"kind": "party"}, "kind"),
    ({"title": "  "}, "title"),
    ({"join_url": "javascript:alert(1)"}, "join_url"),
    ({"introductions": {"mode": "ask", "rounds_before": ["3 days"]}}, "rounds_before"),
    ({"introductions": {"per_person": 7}}, "per_person"),
    ({"colour": "red"}, "colour: is not a field that we know"),
]


@pytest.mark.parametrize(("fields", "sentence"), WRONG_GATHERINGS, ids=lambda value: str(value)[:40])
async def test_a_gathering_that_cannot_be_is_refused(served: Served, fields: dict[str, Any], sentence: str) -> None:
    answer = await served.organiser("POST", "/api/v1/gatherings", json=gathering_json(**fields))
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


async def test_a_gathering_can_be_changed_in_part(served: Served) -> None:
    gathering = await served.a_gathering(capacity=5)
    path = f"/api/v1/gatherings/{gathering['id']}"
    changed = (
        await served.organiser("PATCH", path, json={"capacity": None, "introductions": {"mode": "direct"}})
    ).json()
    assert (changed["capacity"], changed["introductions"]["mode"], changed["version"]) == (None, "direct", 2)
    assert changed["introductions"]["per_person"] == 3
    same = (await served.organiser("PATCH", path, json={"title": "Quiet Tables"})).json()
    assert same["version"] == 2


async def test_organisers_need_their_key_until_it_is_revoked(served: Served) -> None:
    assert (await served.http.get("/api/v1/gatherings")).status_code == 401
    assert (await served.organiser("GET", "/api/v1/gatherings")).status_code == 200


async def test_people_are_checked_in_by_address_or_id(served: Served) -> None:
    gathering = await served.a_gathering(confirm_addresses=False)
    rsvp = (await served.rsvps(gathering, "dana")).json()
    path = f"/api/v1/gatherings/{gathering['id']}/check-ins"
    seen = await served.organiser("POST", path, json={"email": "Dana@example.org"})
    assert seen.json()["checked_in_at"] is not None
    undone = await served.organiser("POST", path, json={"rsvp_id": rsvp["id"], "checked_in": False})
    assert undone.json()["checked_in_at"] is None
    assert (await served.organiser("POST", path, json={"email": "sam@example.org"})).status_code == 404
    assert (await served.organiser("POST", path, json={})).status_code == 422


async def test_one_client_cannot_send_rsvps_without_end(sqlite_url: str) -> None:
    async with serving(sqlite_url, client="203.0.113.9") as served:
        gathering = await served.a_gathering()
        statuses = Counter([(await served.rsvps(gathering, f"p{n}")).status_code for n in range(70)])
    assert statuses == {201: 60, 429: 10}


async def test_a_body_without_bounds_is_refused(served: Served) -> None:
    gathering = await served.a_gathering()
    answer = await served.rsvps(gathering, "dana", name="x" * 2_000_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_the_service_is_ready_without_a_broker_and_says_its_numbers(served: Served) -> None:
    assert (await served.http.get("/readyz")).status_code == 200
    await served.rsvps(await served.a_gathering(), "dana")
    numbers = (await served.http.get("/metrics")).text
    assert 'tablemates_rsvps{service="rsvp",status="pending"} 1.0' in numbers


async def test_an_organiser_adds_words_of_their_own(served: Served) -> None:
    words = {"one book one county": ["Ridge Reads", "OBOC"]}
    gathering = await served.a_gathering(introductions={"vocabulary": words})
    assert gathering["introductions"]["vocabulary"] == words
    path = f"/api/v1/gatherings/{gathering['id']}"
    changed = await served.organiser("PATCH", path, json={"introductions": {"per_person": 2}})
    assert changed.json()["introductions"]["vocabulary"] == words
    many: dict[str, list[str]] = {f"word {n}": [] for n in range(201)}
    wrongs: list[Any] = [{" ": ["x"]}, {"x": [""]}, {"x": "y"}, many, {"x" * 101: []}]
    for wrong in wrongs:
        refused = await served.organiser("PATCH", path, json={"introductions": {"vocabulary": wrong}})
        assert refused.status_code == 422
        assert "vocabulary" in refused.json()["detail"]
    cleared = await served.organiser("PATCH", path, json={"introductions": {"vocabulary": {}}})
    assert cleared.json()["introductions"]["vocabulary"] == {}
