"""What organisers and mail providers get over HTTP."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from shared.contracts.intro import IntroductionMade
from shared.contracts.rsvp import GatheringChanged, OrganiserKeyRevoked, RsvpConfirmed
from tests.notify.builders import (
    BOUNCE_SECRET,
    KEY,
    PostOffice,
    a_gathering,
    an_introduction,
    an_organisers_key,
    an_rsvp,
)
from tests.notify.fake_mailer import LOST_ACCEPTED, LOST_UNACCEPTED, NO

ORGANISER = {"Authorization": f"Bearer {KEY}"}
MESSAGES = "/api/v1/gatherings/social/messages"


async def _log(office: PostOffice, path: str = MESSAGES, **asked: Any) -> httpx.Response:
    async with office.http() as http:
        return await http.get(path, headers=ORGANISER, params=asked)


async def _reports(office: PostOffice, report: dict[str, Any], *, secret: str = BOUNCE_SECRET) -> httpx.Response:
    body, now = json.dumps(report), datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, body),
        "content-type": "application/json",
    }
    async with office.http() as http:
        return await http.post("/api/v1/bounces", content=body, headers=headers)


@pytest.fixture
async def busy(office: PostOffice) -> PostOffice:
    office.mailer.answers("lee@example.org", NO)
    await office.hears(an_organisers_key(), a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))
    await office.hears_and_sends(an_introduction(IntroductionMade))
    return office


async def test_the_log_tells_every_mail_with_its_state(busy: PostOffice) -> None:
    answer = (await _log(busy)).json()
    told = [(item["kind"], item["attendee"]["email"], item["state"], item["attempts"]) for item in answer["items"]]
    assert told == [
        ("rsvp.confirmed", "dana@example.org", "sent", 1),
        ("rsvp.confirmed", "lee@example.org", "failed", 1),
        ("introduction.made", "dana@example.org", "sent", 1),
        ("introduction.made", "lee@example.org", "sent", 1),
    ]
    assert answer["next"] is None
    assert answer["items"][1]["last_error"] == NO.reason
    assert answer["items"][0]["sent_at"] is not None


async def test_the_log_is_paged_and_narrowed(busy: PostOffice) -> None:
    first = (await _log(busy, limit=3)).json()
    second = (await _log(busy, limit=3, cursor=first["next"])).json()
    assert [len(first["items"]), len(second["items"]), second["next"]] == [3, 1, None]
    assert len((await _log(busy, state="failed")).json()["items"]) == 1
    assert len((await _log(busy, kind="introduction.made")).json()["items"]) == 2


@pytest.mark.parametrize(
    ("path", "asked", "status", "code"),
    [
        ("/api/v1/gatherings/nowhere/messages", {}, 404, "not_found"),
        (MESSAGES, {"cursor": "bm90IG91cnM"}, 422, "invalid_input"),
        (MESSAGES, {"limit": "0"}, 422, "invalid_input"),
        (MESSAGES, {"state": "lost"}, 422, "invalid_input"),
    ],
)
async def test_what_cannot_be_answered_is_one_clear_problem(
    busy: PostOffice, path: str, asked: dict[str, str], status: int, code: str
) -> None:
    answer = await _log(busy, path, **asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_log_is_for_organisers(busy: PostOffice) -> None:
    async with busy.http() as http:
        for headers in ({}, {"Authorization": "Bearer tm_another"}):
            assert (await http.get(MESSAGES, headers=headers)).status_code == 401
    await busy.hears(OrganiserKeyRevoked(version=2, key_id="key-1"))
    assert (await _log(busy)).status_code == 401


async def test_a_hard_bounce_ends_mail_to_that_address(busy: PostOffice) -> None:
    answer = await _reports(busy, {"event": "hard_bounce", "email": "DANA@example.org"})
    assert answer.json() == {"event": "hard_bounce", "suppressed": 1}
    assert [event.model_dump(include={"attendee_id", "reason"}) for event in await busy.said()] == [
        {"attendee_id": "dana", "reason": "bounced"}
    ]
    assert (await _reports(busy, {"event": "hard_bounce", "email": "dana@example.org"})).json()["suppressed"] == 0


async def test_a_complaint_about_one_of_our_messages_is_known_by_its_id(busy: PostOffice) -> None:
    message_id = str(busy.letters("dana")[0]["Message-ID"])
    answer = await _reports(busy, {"event": "complaint", "message_id": message_id})
    assert answer.json()["suppressed"] == 1
    assert (await busy.said())[0].model_dump()["reason"] == "complained"


async def test_a_whole_message_that_came_back_is_read(busy: PostOffice) -> None:
    raw = (
        "From: MAILER-DAEMON@mx.example.org\r\nTo: hello@tables.example\r\nSubject: Undelivered\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        "Final-Recipient: rfc822; dana@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b--\r\n"
    )
    encoded = {"message_base64": base64.b64encode(raw.encode()).decode()}
    for report in ({"message": raw}, encoded):
        assert (await _reports(busy, report)).json()["event"] == "hard_bounce"
    assert len(await busy.said()) == 1


async def test_a_vacation_notice_changes_nothing(busy: PostOffice) -> None:
    raw = "From: dana@example.org\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am at sea.\r\n"
    assert (await _reports(busy, {"message": raw})).json() == {"event": "auto_reply", "suppressed": 0}
    assert await busy.said() == []


@pytest.mark.parametrize(("event", "state"), [("delivered", "sent"), ("refused", "sent")])
async def test_a_provider_settles_what_nobody_was_sure_of(office: PostOffice, event: str, state: str) -> None:
    fate = LOST_ACCEPTED if event == "delivered" else LOST_UNACCEPTED
    office.mailer.answers("dana@example.org", fate)
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed))
    (row,) = await office.rows()
    assert row.state == "unknown"
    await _reports(office, {"event": event, "message_id": f"<{row.key}@tables.example>"})
    await office.sends()
    assert [row.state for row in await office.rows()] == [state]
    assert len(office.letters("dana")) == 1, "it is there once, either way"


async def test_a_report_that_is_not_signed_is_not_believed(busy: PostOffice) -> None:
    assert (
        await _reports(busy, {"event": "complaint", "email": "dana@example.org"}, secret="whsec_YW5vdGhlcg==")
    ).status_code == 401
    async with busy.http() as http:
        answer = await http.post("/api/v1/bounces", json={"event": "complaint", "email": "dana@example.org"})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_signature")
    assert await busy.said() == []


@pytest.mark.parametrize(
    "report", [{}, {"event": "exploded"}, {"surprise": 1}, {"message_base64": "%%%"}, {"event": 3}]
)
async def test_a_report_that_makes_no_sense_is_refused_in_one_sentence(
    busy: PostOffice, report: dict[str, Any]
) -> None:
    answer = await _reports(busy, report)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_numbers_are_there_for_prometheus(busy: PostOffice) -> None:
    async with busy.http() as http:
        text = (await http.get("/metrics")).text
        ready = await http.get("/readyz")
    assert 'tablemates_mails{service="notify",state="sent"} 3.0' in text
    assert "tablemates_mail_oldest_waiting_seconds" in text
    assert ready.status_code == 200


async def test_the_delivery_log_of_a_gathering_is_found_by_its_slug(busy: PostOffice) -> None:
    await busy.hears(a_gathering(GatheringChanged, version=2, slug="winter-social"))
    async with busy.http() as http:
        by_id = await http.get(MESSAGES, headers=ORGANISER)
        by_slug = await http.get(MESSAGES.replace("social", "winter-social"), headers=ORGANISER)
    assert by_slug.json() == by_id.json()
    assert by_slug.json()["items"]
