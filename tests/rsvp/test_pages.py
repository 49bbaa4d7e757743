"""The pages as people meet them, without any script."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.rsvp.builders import NOON
from tests.rsvp.served import Served

HTML = {"Accept": "text/html,application/xhtml+xml"}


async def opened(served: Served, path: str) -> httpx.Response:
    return await served.http.get(path, headers=HTML)


async def sends(served: Served, path: str, **fields: Any) -> httpx.Response:
    return await served.http.post(path, data=fields, headers=HTML, follow_redirects=True)


async def test_a_visitor_rsvps_confirms_changes_cancels_and_comes_back(served: Served) -> None:
    gathering = await served.a_gathering(join_url="https://meet.example.org/quiet")
    assert "Quiet Tables" in (await opened(served, "/")).text
    page = (await opened(served, "/g/quiet-tables")).text
    assert "What is shown to whom" in page
    assert "meet.example.org" not in page

    thanks = await sends(
        served,
        "/g/quiet-tables",
        email="dana@example.org",
        name="Dana Reyes",
        guests="1",
        interests="metadata\r\nzines, and comics\r\n\r\n",
        goals=["learn", "friendship"],
        pace="quiet",
        introductions="yes",
        share=["interests", "goals"],
    )
    assert "Check your mail" in thanks.text
    [dana] = (await served.roster(gathering)).values()
    assert (dana["status"], dana["guests"], dana["share"]) == ("pending", 1, ["interests", "goals"])
    assert dana["profile"] == {
        "interests": ["metadata", "zines, and comics"],
        "goals": ["learn", "friendship"],
        "pace": "quiet",
    }

    token = await served.token(gathering, "dana", purpose="confirm", expires_at=NOON + timedelta(days=7))
    assert "One step is left" in (await opened(served, f"/my/{token}")).text
    confirmed = await sends(served, f"/my/{token}/confirm")
    assert "You are going, with one guest" in confirmed.text
    assert "https://meet.example.org/quiet" in confirmed.text
    assert b"BEGIN:VCALENDAR" in (await opened(served, f"/my/{token}/calendar.ics")).content

    await sends(
        served, f"/my/{token}/change", name="Dana", guests="0", pace="outgoing", introductions="yes", share=["goals"]
    )
    [dana] = (await served.roster(gathering)).values()
    assert (dana["name"], dana["guests"], dana["profile"], dana["share"]) == (
        "Dana",
        0,
        {"pace": "outgoing"},
        ["goals"],
    )

    assert "You are not coming" in (await sends(served, f"/my/{token}/cancel")).text
    assert "You are going" in (await sends(served, f"/my/{token}/back")).text
    export = await opened(served, f"/my/{token}/data")
    assert export.json()["rsvps"][0]["name"] == "Dana"
    assert "You are forgotten here" in (await sends(served, f"/my/{token}/erase")).text
    assert (await opened(served, f"/my/{token}")).status_code == 404


async def test_opening_a_link_changes_nothing(served: Served) -> None:
    gathering = await served.a_gathering()
    await served.rsvps(gathering, "dana")
    token = await served.token(gathering, "dana")
    said = len(await served.said())
    for path in ("", "/confirm", "/change", "/cancel", "/back", "/data", "/erase", "/calendar.ics"):
        await opened(served, f"/my/{token}{path}")
    assert len(await served.said()) == said


async def test_who_was_put_on_a_list_stays_asked_first_until_they_choose(served: Served) -> None:
    gathering = await served.a_gathering()
    path = f"/api/v1/gatherings/{gathering['id']}/import"
    await served.organiser("POST", path, content=b"email,name,employer\nana@example.org,Ana,Ridge County Library\n")
    token = await served.token(gathering, "ana")
    assert "Ask me each time" in (await opened(served, f"/my/{token}")).text
    await sends(served, f"/my/{token}/change", name="Ana B", introductions="ask")
    ana = (await served.roster(gathering))["ana"]
    assert (ana["name"], ana["asked_first"], ana["introductions"]) == ("Ana B", True, True)
    assert "employer" not in ana["share"]
    await sends(served, f"/my/{token}/change", name="Ana B", introductions="yes", share=["employer"])
    ana = (await served.roster(gathering))["ana"]
    assert (ana["asked_first"], ana["introductions"], ana["share"]) == (False, True, ["employer"])
    await sends(served, f"/my/{token}/change", name="Ana B", introductions="no", share=["employer"])
    ana = (await served.roster(gathering))["ana"]
    assert (ana["introductions"], ana["share"]) == (False, [])


async def test_what_was_typed_stands_in_the_form_when_it_cannot_be_taken(served: Served) -> None:
    await served.a_gathering(capacity=1)
    for fields, status, sentence in (
        ({"email": "dana"}, 422, "@-sign"),
        ({"email": "dana@example.org", "guests": "many"}, 422, "guests"),
        ({"email": "dana@example.org", "guests": "3"}, 409, "too few"),
        ({"email": "dana@example.org", "tip": "x" * 1001}, 422, "tip"),
    ):
        answer = await sends(served, "/g/quiet-tables", name="Dana <b>Reyes</b>", **fields)
        assert answer.status_code == status
        assert sentence in re.sub(r"\s+", " ", answer.text)
        assert "Dana &lt;b&gt;Reyes&lt;/b&gt;" in answer.text


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/g/nowhere", 404, "no gathering by that name"),
        ("/g/nowhere.ics", 404, "no gathering by that name"),
        ("/my/forged", 404, "not one of ours"),
        ("/nothing/here", 404, "Not Found"),
        ("/organise/new", 401, "Please sign in"),
    ],
)
async def test_a_browser_gets_its_problems_as_a_page(served: Served, path: str, status: int, sentence: str) -> None:
    answer = await opened(served, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert sentence in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_cancelled_or_closed_gathering_says_so_on_its_page(served: Served) -> None:
    off = await served.a_gathering(title="Off")
    await served.organiser("POST", f"/api/v1/gatherings/{off['id']}/cancel", json={"reason": "Snow"})
    page = (await opened(served, "/g/off")).text
    assert "cancelled" in page
    assert "Snow" in page
    assert "<form" not in page
    assert "STATUS:CANCELLED" in (await opened(served, "/g/off.ics")).text
    await served.a_gathering(title="Closed", rsvp_closes_at=NOON.isoformat())
    assert "RSVPs to this gathering are closed" in (await opened(served, "/g/closed")).text
    assert "Off" not in (await opened(served, "/")).text


async def signed_in(served: Served) -> None:
    answer = await served.http.post("/organise/sign-in", data={"key": served.key}, headers=HTML)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert served.key not in cookie


async def test_an_organiser_creates_imports_checks_in_and_cancels_by_page(served: Served) -> None:
    assert "Your key" in (await opened(served, "/organise")).text
    wrong = await sends(served, "/organise/sign-in", key="tm_wrong")
    assert (wrong.status_code, "not known here" in wrong.text) == (401, True)
    await signed_in(served)
    created = await sends(
        served,
        "/organise/new",
        title="From a form",
        kind="roundtable",
        format="in_person",
        starts_at="2027-03-28T01:30",
        ends_at="2027-03-28T04:00",
        timezone="Europe/Berlin",
        capacity="2",
        waiting_list="yes",
        mode="ask",
        per_person="3",
        rounds=["P3D"],
        description="Line\r\nbreak",
        vocabulary="ILS = library system; Koha\r\n\r\n  OBOC=one book one county",
    )
    assert "The gathering is there" in created.text
    [gathering] = (await served.organiser("GET", "/api/v1/gatherings")).json()["items"]
    assert (gathering["starts_at"], gathering["ends_at"]) == ("2027-03-28T01:30:00+01:00", "2027-03-28T04:00:00+02:00")
    assert (gathering["confirm_addresses"], gathering["description"]) == (False, "Line\nbreak")
    words = {"ILS": ["library system", "Koha"], "OBOC": ["one book one county"]}
    assert gathering["introductions"]["vocabulary"] == words
    assert "ILS = library system; Koha" in (await opened(served, "/organise/g/from-a-form/edit")).text

    csv = b"email,name\nana@example.org,Ana\nbo@example.org,Bo\ncleo@example.org,Cleo\nnonsense,Nobody\n"
    preview = await served.http.post("/organise/g/from-a-form/import", files={"file": ("list.csv", csv)}, headers=HTML)
    assert "This would happen" in preview.text
    assert await served.roster(gathering) == {}
    [upload_id] = re.findall(r'name="upload_id" value="([^"]+)"', preview.text)
    done = await sends(served, "/organise/g/from-a-form/import/confirm", upload_id=upload_id)
    assert "2 going" in done.text
    assert "1 waiting list" in done.text
    again = await sends(served, "/organise/g/from-a-form/import/confirm", upload_id=upload_id)
    assert (again.status_code, "imported already" in again.text) == (404, True)

    couples = b"one,other\nana@example.org,bo@example.org\nana@example.org,ana@example.org\n"
    path = "/organise/g/from-a-form/acquainted"
    preview = await served.http.post(path, files={"file": ("couples.csv", couples)}, headers=HTML)
    assert "<strong>1</strong> are known from now on" in preview.text
    assert "Both addresses are the same person&#39;s." in preview.text
    [upload_id] = re.findall(r'name="upload_id" value="([^"]+)"', preview.text)
    assert "Done" in (await sends(served, f"{path}/confirm", upload_id=upload_id)).text
    assert (await sends(served, f"{path}/confirm", upload_id=upload_id)).status_code == 404

    roster = await served.roster(gathering)
    await sends(served, "/organise/g/from-a-form/check-in", rsvp_id=roster["ana"]["id"])
    assert (await served.roster(gathering))["ana"]["checked_in_at"]
    assert "ana@example.org" in (await opened(served, "/organise/g/from-a-form/roster.csv")).text
    changed = await sends(
        served,
        "/organise/g/from-a-form/edit",
        title="Renamed",
        kind="roundtable",
        format="in_person",
        starts_at="2027-03-28T01:30",
        ends_at="2027-03-28T04:00",
        timezone="Europe/Berlin",
        capacity="3",
        waiting_list="yes",
        mode="direct",
        per_person="2",
        description="Line\r\nbreak",
    )
    assert "Saved" in changed.text
    assert (await served.roster(gathering))["cleo"]["status"] == "going"
    assert "is cancelled" in (await sends(served, "/organise/g/from-a-form/cancel", reason="Snow")).text


async def test_another_site_cannot_send_an_organisers_forms(served: Served) -> None:
    await served.a_gathering()
    await signed_in(served)
    answer = await served.http.post(
        "/organise/g/quiet-tables/cancel", data={"reason": "x"}, headers={**HTML, "Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert (await served.organiser("GET", "/api/v1/gatherings/quiet-tables")).json()["status"] == "upcoming"


async def test_an_unreadable_upload_is_one_sentence(served: Served) -> None:
    await served.a_gathering()
    await signed_in(served)
    for files, status in (({"file": ("x.csv", b"name\nDana\n")}, 422), ({"file": ("x.csv", b"")}, 422), ({}, 422)):
        answer = await served.http.post(
            "/organise/g/quiet-tables/import", files=files or None, data=None if files else {"a": "b"}, headers=HTML
        )
        assert answer.status_code == status
        assert "Nothing was changed" in answer.text
