"""The pages: a suggestion's, which anybody's mail scanner may open, and the organiser's rounds."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from markupsafe import escape

from shared.organisers import COOKIE, Organisers
from tests.data import shared_data
from tests.intro.builders import KEY, NOON, SECRET, House

BROWSER = {"Accept": "text/html"}
ORGANISER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
async def two(house: House) -> House:
    await house.hears(house.key())
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    return house


def cookie() -> dict[str, str]:
    return {COOKIE: Organisers([SECRET]).cookie(KEY, now=NOON)}


async def open_page(house: House, path: str, **more: Any) -> httpx.Response:
    async with house.http() as http:
        http.cookies.update(more.pop("cookies", {}))
        return await http.get(path, headers=BROWSER, **more)


async def send(house: House, path: str, data: dict[str, Any], **more: Any) -> httpx.Response:
    async with house.http() as http:
        http.cookies.update(more.pop("cookies", {}))
        return await http.post(path, data=data, headers=BROWSER | more.pop("headers", {}), **more)


async def test_the_page_says_who_and_why_and_has_a_button_for_each_answer(two: House) -> None:
    page = await open_page(two, f"/i/{two.token('dana', 'answer', reference=two.only().id)}")
    assert page.status_code == 200
    text = unescape(page.text)
    assert "Would you like to meet Lee Okafor?" in text
    assert all(reason in text for reason in two.only().seat_of("dana").reasons)
    assert re.findall(r'<button[^>]*name="answer" value="(\w+)"', text) == ["accept", "pass", "know"]


async def test_opening_the_page_changes_nothing(two: House) -> None:
    before = two.rows()
    await open_page(two, f"/i/{two.token('dana', 'answer', reference=two.only().id)}")
    assert two.rows() == before


async def test_answering_by_the_page(two: House) -> None:
    one = two.only().id
    path = f"/i/{two.token('dana', 'answer', reference=one)}"
    answered = await send(two, path, {"introduction": one, "answer": "accept"})
    assert answered.status_code == 303
    assert "You would like to meet Lee Okafor" in (await open_page(two, answered.headers["location"])).text
    assert two.only().status == "accepted"


async def test_a_button_that_is_not_ours_is_refused_on_the_page(two: House) -> None:
    path = f"/i/{two.token('dana')}"
    assert (await send(two, path, {"introduction": two.only().id, "answer": "maybe"})).status_code == 422
    assert (await send(two, path, {"introduction": "x" * 3000, "answer": "accept"})).status_code == 404


async def test_a_pass_looks_to_the_other_as_if_nothing_was_answered(two: House) -> None:
    path = f"/i/{two.token('lee', 'answer', reference=two.only().id)}"
    before = (await open_page(two, path)).text
    await two.answers("dana", two.only(), "pass")
    assert (await open_page(two, path)).text == before


async def test_a_forged_link_is_one_clear_page(two: House) -> None:
    page = await open_page(two, "/i/forged")
    assert page.status_code == 404
    assert "Traceback" not in page.text
    assert page.headers["content-type"].startswith("text/html")


async def test_feedback_by_the_page(two: House) -> None:
    one = two.only().id
    for who in ("dana", "lee"):
        await two.answers(who, one, "accept")
    await two.time_passes(days=8)
    path = f"/i/{two.token('dana', 'feedback', reference=one)}"
    assert "Did you meet?" in (await open_page(two, path)).text
    told = await send(two, f"{path}/feedback", {"introduction": one, "met": "yes", "again": "yes", "good_for": "help"})
    assert told.status_code == 303
    assert "Thank you" in (await open_page(two, told.headers["location"])).text
    assert (await send(two, f"{path}/feedback", {"introduction": one})).status_code == 422


async def test_organisers_who_are_not_signed_in_are_led_to_where_they_can(two: House) -> None:
    for path in ("/organise/introductions/picnic", "/organise/rounds/any"):
        page = await open_page(two, path)
        assert (page.status_code, page.headers["location"]) == (303, "/organise")


async def test_an_organiser_runs_a_round_and_reads_what_came_of_it(two: House) -> None:
    await two.hears(two.going("mina"), two.going("theo"), two.going("ruth"))
    ran = await send(two, "/organise/introductions/picnic/rounds", {}, cookies=cookie())
    page = await open_page(two, ran.headers["location"], cookies=cookie())
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "took part" in page.text
    overview = await open_page(two, "/organise/introductions/picnic", cookies=cookie())
    assert "Lee Okafor" in overview.text
    drawn = await open_page(two, ran.headers["location"] + "/drawing.svg", cookies=cookie())
    assert drawn.headers["content-type"] == "image/svg+xml"


async def test_trying_a_round_out_keeps_nothing(two: House) -> None:
    before = two.rows()
    page = await send(two, "/organise/introductions/picnic/rounds", {"dry_run": "yes"}, cookies=cookie())
    assert "nobody was told" in page.text
    assert two.rows() == before


async def test_a_form_from_another_site_does_nothing(two: House) -> None:
    path, headers = "/organise/introductions/picnic/rounds", {"Sec-Fetch-Site": "cross-site"}
    assert (await send(two, path, {}, cookies=cookie(), headers=headers)).status_code == 403


async def test_no_name_stands_in_the_drawing_that_was_not_agreed_to(two: House) -> None:
    ran = await send(two, "/organise/introductions/picnic/rounds", {}, cookies=cookie())
    drawn = await open_page(two, ran.headers["location"] + "/drawing.svg", cookies=cookie())
    assert "Dana" not in drawn.text


NAUGHTY = "naughty_strings", "blns.json"
AT_A_TIME = 40


@pytest.mark.slow
async def test_naughty_strings_survive_page_and_json(house: House) -> None:
    """A name and interests go through the service and come out as they were, and as text only."""
    strings = [text for text in json.loads(shared_data(*NAUGHTY).read_text()) if text and "\x00" not in text]
    await house.hears(house.key())
    for first in range(0, len(strings), AT_A_TIME):
        names = dict(enumerate(strings[first : first + AT_A_TIME], first))
        gathering = f"g{first}"
        await house.hears(house.a_gathering(gathering, mode="direct", per_person=1))
        for number, text in names.items():
            told = {"name": text, "role": text, "interests": (text, "zines"), "gathering": gathering}
            await house.hears(house.going(f"a{number}", **told))
        await house.runs_the_round(gathering)
        await each_sees_the_other(house, gathering, names)


async def each_sees_the_other(house: House, gathering: str, names: dict[int, str]) -> None:
    met = [tuple(int(person[1:]) for person in found.people) for found in house.introductions(gathering)]
    assert len(met) >= len(names) // 2
    async with house.http() as http:
        for one, other in met[:8]:
            token = house.token(f"a{one}", gathering=gathering)
            (mine,) = (await http.get("/api/v1/my/introductions", headers={"Authorization": f"Bearer {token}"})).json()[
                "items"
            ]
            assert mine["people"][0]["name"] == names[other]
            page = (await http.get(f"/i/{token}", headers=BROWSER)).text
            assert str(escape(names[other])) in page
        listed = (await http.get(f"/api/v1/gatherings/{gathering}/introductions?limit=200", headers=ORGANISER)).json()[
            "items"
        ]
    assert {person["name"] for item in listed for person in item["people"]} <= set(names.values())


async def test_the_page_answers_why_somebody_was_not_suggested(two: House) -> None:
    await two.hears(two.going("mina"), two.going("theo"))
    await two.runs_the_round()
    token = two.token("dana", "my")
    async with two.http() as http:
        page = await http.get(f"/i/{token}")
        assert "Is somebody coming whom you know?" in page.text
        told = await http.post(f"/i/{token}/why-not", data={"person": "Ruth <Nobody>"})
        assert "Ruth &lt;Nobody&gt;" in told.text
        assert "many reasons" in told.text
        blank = await http.post(f"/i/{token}/why-not", data={"person": "  "})
        assert (blank.status_code, "Please say whom you mean." in blank.text) == (422, True)


async def test_an_organiser_reads_how_it_went_person_by_person(two: House) -> None:
    await two.hears(two.key())
    for who in ("dana", "lee"):
        await two.answers(who, two.only(), "accept")
    headers = {"Authorization": f"Bearer {KEY}"}
    async with two.http() as http:
        assert "How it went" not in (await http.get("/organise/introductions/picnic", headers=headers)).text
        two.clock.time += timedelta(days=8)
        form = {"introduction": two.only().id, "met": "yes", "again": "yes", "good_for": "help"}
        assert (await http.post(f"/i/{two.token('dana')}/feedback", data=form)).status_code == 303
        page = (await http.get("/organise/introductions/picnic", headers=headers)).text
    assert "<strong>1</strong> would meet again" in page
    assert "Nobody has liked some introductions and not others yet" in page
