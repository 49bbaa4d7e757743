"""The intro service over HTTP: attendees answer by link, organisers run rounds and read what came of them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.intro.store.tables import introductions, rounds, seats
from shared.tables import outbox
from tests.intro.builders import KEY, NOON, House

ORGANISER = {"Authorization": f"Bearer {KEY}"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def two(house: House) -> House:
    await house.hears(house.key())
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee"))
    return house


async def get(house: House, path: str, headers: dict[str, str]) -> httpx.Response:
    async with house.http() as http:
        return await http.get(path, headers=headers)


async def post(house: House, path: str, headers: dict[str, str], json: Any = None) -> httpx.Response:
    async with house.http() as http:
        return await http.post(path, headers=headers, json=json)


async def test_i_see_whom_i_could_meet_and_why(two: House) -> None:
    found = (await get(two, "/api/v1/my/introductions", bearer(two.token("dana")))).json()["items"]
    (mine,) = found
    assert mine["status"] == "suggested"
    assert mine["people"] == [{"name": "Lee Okafor", "role": "Data librarian", "employer": "Piedmont State University"}]
    assert mine["reasons"]
    assert mine["opener"]
    assert mine["gathering"]["title"] == "The long table"


async def test_i_accept_by_the_link_in_my_mail(two: House) -> None:
    one = two.only().id
    headers = bearer(two.token("dana", "answer", reference=one))
    answered = await post(two, f"/api/v1/my/introductions/{one}/answer", headers, {"answer": "accept"})
    assert answered.json() == {"id": one, "status": "accepted"}


async def test_the_link_of_one_introduction_shows_no_other(two: House) -> None:
    await two.has_heard(two.going("ruth"))
    mine = two.of("dana")
    assert len(mine) == 2
    headers = bearer(two.token("dana", "answer", reference=mine[0].id))
    shown = (await get(two, "/api/v1/my/introductions", headers)).json()["items"]
    assert [found["id"] for found in shown] == [mine[0].id]
    path = f"/api/v1/my/introductions/{mine[1].id}/answer"
    assert (await post(two, path, headers, {"answer": "accept"})).status_code == 404


async def test_nobody_answers_for_others(two: House) -> None:
    path = f"/api/v1/my/introductions/{two.only().id}/answer"
    refused = await post(two, path, bearer(two.token("ruth")), {"answer": "accept"})
    assert refused.status_code == 404
    assert two.only().status == "suggested"


async def test_an_unknown_answer_and_an_unknown_field_are_refused_by_name(two: House) -> None:
    path = f"/api/v1/my/introductions/{two.only().id}/answer"
    refused = await post(two, path, bearer(two.token("dana")), {"answer": "perhaps", "why": "?"})
    assert refused.status_code == 422
    assert {wrong["field"] for wrong in refused.json()["errors"]} == {"answer", "why"}


@pytest.mark.parametrize("token", ["nonsense", ""])
async def test_without_a_link_of_ours_nothing_is_shown(two: House, token: str) -> None:
    refused = await get(two, "/api/v1/my/introductions", bearer(token))
    assert refused.status_code in (401, 404)
    assert refused.headers["content-type"].startswith("application/problem+json")


async def test_an_expired_link_says_so(two: House) -> None:
    expired = two.token("dana", expires_at=NOON - timedelta(days=1))
    assert (await get(two, "/api/v1/my/introductions", bearer(expired))).status_code == 410


async def test_a_pass_leaves_the_others_view_as_it_was(two: House) -> None:
    before = (await get(two, "/api/v1/my/introductions", bearer(two.token("lee")))).json()
    await two.answers("dana", two.only(), "pass")
    assert (await get(two, "/api/v1/my/introductions", bearer(two.token("lee")))).json() == before


async def test_somebody_who_is_not_asked_does_not_see_who_is_asked_about_them(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="direct"), house.going("dana", asked_first=True), house.going("lee"))
    assert (await get(house, "/api/v1/my/introductions", bearer(house.token("lee")))).json()["items"] == []


async def test_what_was_not_agreed_to_is_not_shown(house: House) -> None:
    await house.has_heard(house.a_gathering(), house.going("dana"), house.going("lee", share=("interests",)))
    (mine,) = (await get(house, "/api/v1/my/introductions", bearer(house.token("dana")))).json()["items"]
    assert mine["people"] == [{"name": "Lee Okafor", "role": None, "employer": None}]


async def test_feedback_is_taken_after_the_gathering_only(two: House) -> None:
    one = two.only().id
    path, headers = f"/api/v1/my/introductions/{one}/feedback", bearer(two.token("dana"))
    for who in ("dana", "lee"):
        await two.answers(who, one, "accept")
    said = {"met": True, "again": True, "good_for": ["help"]}
    assert (await post(two, path, headers, said)).status_code == 409
    await two.time_passes(days=8)
    assert (await post(two, path, headers, said)).status_code == 200
    (mine,) = (await get(two, "/api/v1/my/introductions", headers)).json()["items"]
    assert mine["feedback"] == said


async def test_organisers_see_every_introduction_page_by_page(two: House) -> None:
    await two.has_heard(two.going("ruth"), two.going("mina"))
    everything = two.introductions()
    first = (await get(two, "/api/v1/gatherings/picnic/introductions?limit=2", ORGANISER)).json()
    rest = (await get(two, f"/api/v1/gatherings/picnic/introductions?cursor={first['next']}", ORGANISER)).json()
    assert [item["id"] for item in first["items"] + rest["items"]] == [found.id for found in everything]
    assert rest["next"] is None
    names = {(person["name"], person["email"]) for item in first["items"] + rest["items"] for person in item["people"]}
    assert ("Dana Reyes", "dana@example.org") in names


@pytest.mark.parametrize("path", ["rounds", "introductions"])
async def test_without_a_key_organisers_see_nothing(two: House, path: str) -> None:
    for headers in ({}, bearer("tm_another"), bearer(two.token("dana"))):
        assert (await get(two, f"/api/v1/gatherings/picnic/{path}", headers)).status_code == 401


async def test_a_gathering_that_is_not_there_is_not_found(two: House) -> None:
    for path in ("rounds", "introductions"):
        assert (await get(two, f"/api/v1/gatherings/feast/{path}", ORGANISER)).status_code == 404
    for query in ("", "?dry_run=true"):
        assert (await post(two, f"/api/v1/gatherings/feast/rounds{query}", ORGANISER)).status_code == 404


async def test_a_round_on_demand_answers_with_its_report(two: House) -> None:
    await two.hears(two.going("mina"), two.going("theo"))
    ran = await post(two, "/api/v1/gatherings/picnic/rounds", ORGANISER)
    assert ran.status_code == 201
    report = ran.json()
    assert (report["people"], report["introduced"], report["left_out"]) == (4, 4, [])
    assert report["certificate"]["sentence"]
    listed = (await get(two, "/api/v1/gatherings/picnic/rounds", ORGANISER)).json()["items"]
    assert [found["id"] for found in listed] == [report["id"]]


async def test_who_is_left_out_is_named_with_the_reason(house: House) -> None:
    await house.hears(
        house.key(), house.a_gathering(), house.going("dana"), house.going("lee", employer="Ridge County Library")
    )
    report = (await post(house, "/api/v1/gatherings/picnic/rounds", ORGANISER)).json()
    assert {left["name"] for left in report["left_out"]} == {"Dana Reyes", "Lee Okafor"}
    assert all(left["reason"] for left in report["left_out"])


async def test_a_dry_run_keeps_nothing_and_tells_nobody(house: House) -> None:
    await house.hears(house.key(), house.a_gathering(), house.going("dana"), house.going("lee"))
    before = house.rows(introductions, seats, rounds, outbox)
    tried = (await post(house, "/api/v1/gatherings/picnic/rounds?dry_run=true", ORGANISER)).json()
    assert tried["state"] == "dry_run"
    assert [len(found["people"]) for found in tried["introductions_it_would_make"]] == [2]
    assert house.rows(introductions, seats, rounds, outbox) == before


async def test_a_rounds_proof_can_be_checked_from_what_is_kept(two: House) -> None:
    await two.hears(*(two.going(who) for who in ("mina", "theo", "ruth")))
    round_id = (await post(two, "/api/v1/gatherings/picnic/rounds", ORGANISER)).json()["id"]
    proof = (await get(two, f"/api/v1/gatherings/picnic/rounds/{round_id}/certificate", ORGANISER)).json()
    assert proof["verdict"]["sound"], proof["verdict"]
    assert proof["edges"]
    assert proof["verdict"]["weight"] == sum(score for _, _, score in proof["pairs"])


async def test_a_round_where_nobody_is_introduced_any_more_is_refused(two: House) -> None:
    await two.hears(two.called_off())
    assert (await post(two, "/api/v1/gatherings/picnic/rounds", ORGANISER)).status_code == 409


async def test_why_not_somebody_is_answered_without_telling_who_is_there(two: House) -> None:
    await two.hears(two.going("ruth", introductions=False), two.going("mina"), two.going("theo"))
    await two.runs_the_round()
    answers = {}
    for whom in ("nobody@example.org", "ruth@example.org", "dana@example.org"):
        path, headers = "/api/v1/my/introductions/why-not", bearer(two.token("dana"))
        answers[whom] = (await post(two, path, headers, {"person": whom})).json()["sentence"]
    assert len(set(answers.values())) == 1


async def test_why_not_is_answered_from_the_rounds_prices(house: House) -> None:
    await house.hears(house.key(), house.a_gathering(per_person=1))
    await house.hears(*(house.going(who) for who in ("dana", "lee", "mina", "theo")))
    await house.runs_the_round()
    (mine,) = house.of("dana")
    other = next(who for who in ("mina", "theo", "lee") if who not in mine.people)
    path, headers = "/api/v1/my/introductions/why-not", bearer(house.token("dana"))
    said = (await post(house, path, headers, {"person": f"{other}@example.org"})).json()["sentence"]
    assert "There can be many reasons" not in said


async def test_it_is_ready_when_its_store_answers(two: House) -> None:
    assert (await get(two, "/readyz", {})).status_code == 200


async def test_a_gathering_is_known_by_its_slug_too(house: House) -> None:
    await house.hears(house.key(), house.a_gathering("01a2", url="https://tables.example/g/quiet_tables"))
    async with house.http() as http:
        for path in ("rounds", "introductions", "feedback"):
            found = await http.get(f"/api/v1/gatherings/quiet_tables/{path}", headers=ORGANISER)
            assert found.status_code == 200
            assert (await http.get(f"/api/v1/gatherings/quietXtables/{path}", headers=ORGANISER)).status_code == 404
        ran = await http.post("/api/v1/gatherings/quiet_tables/rounds", headers=ORGANISER)
        assert ran.json()["gathering_id"] == "01a2"


async def test_why_not_does_not_deny_what_was_suggested(two: House) -> None:
    async with two.http() as http:
        path, headers = "/api/v1/my/introductions/why-not", bearer(two.token("dana"))
        told = (await http.post(path, headers=headers, json={"person": "Lee Okafor"})).json()["sentence"]
    assert told == "You and Lee were suggested to each other: look among your introductions."


async def test_why_not_does_not_give_away_what_somebody_is_still_asked_about(house: House) -> None:
    await house.has_heard(house.a_gathering(mode="direct"), house.going("dana"), house.going("lee", asked_first=True))
    assert house.only().status == "suggested"
    path, headers = "/api/v1/my/introductions/why-not", bearer(house.token("dana"))
    said = (await post(house, path, headers, {"person": "lee@example.org"})).json()["sentence"]
    assert "There can be many reasons" in said
