"""The story that must always work, a test a line."""

from datetime import timedelta

import pytest

from deploy.story.town import Refused, Town
from tests.journeys.people import a_gathering, address_of, introductions_of, kinds_to, rsvps, the_letter

pytestmark = pytest.mark.slow

ZINES = {"interests": ["zines", "trail running"]}


async def test_an_organiser_creates_a_gathering_and_anybody_sees_its_page_and_calendar(town: Town) -> None:
    gathering = await a_gathering(town, title="Zines & tea")

    page = await town.anybody("GET", f"/g/{gathering['slug']}", headers={"Accept": "text/html"})
    calendar = await town.anybody("GET", f"/g/{gathering['slug']}.ics")

    assert "Zines &amp; tea" in page
    assert "SUMMARY:Zines & tea" in calendar


async def test_an_address_is_confirmed_by_its_link_and_then_gets_a_calendar_file(town: Town) -> None:
    gathering = await a_gathering(town)
    body = {"email": "dana@example.org", "name": "Dana Reyes", "response": "going"}

    answer = await town.anybody("POST", f"/api/v1/gatherings/{gathering['id']}/rsvps", json=body)
    await town.settle()
    assert answer["status"] == "pending"
    token = (await the_letter(town, "Dana", "address.confirm")).link("/my/")
    await town.anybody("POST", f"/my/{token}/confirm")
    await town.settle()

    assert await kinds_to(town, "Dana") == ["address.confirm", "rsvp.confirmed"]
    mine = await town.holder(
        str((await the_letter(town, "Dana", "rsvp.confirmed")).link("/my/")), "GET", "/api/v1/my/rsvp"
    )
    assert mine["status"] == "going"


async def test_the_same_address_again_changes_nothing_and_mails_its_owner_a_link(town: Town) -> None:
    gathering = await a_gathering(town)
    await rsvps(town, gathering, "Dana Reyes")
    body = {"email": "DANA@example.org", "name": "Somebody Else", "response": "declined"}

    answer = await town.anybody("POST", f"/api/v1/gatherings/{gathering['id']}/rsvps", json=body)
    await town.settle()

    token = (await the_letter(town, "Dana", "rsvp.link")).link("/my/")
    mine = await town.holder(str(token), "GET", "/api/v1/my/rsvp")
    assert (answer["status"], mine["name"], mine["status"]) == ("pending", "Dana Reyes", "going")


async def test_both_are_told_why_and_how_to_start_and_an_introduction_is_made_when_both_accept(town: Town) -> None:
    gathering = await a_gathering(town)
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()

    to_dana, to_lee = (
        await the_letter(town, "Dana", "introduction.suggested"),
        await the_letter(town, "Lee", "introduction.suggested"),
    )
    assert "zines" in to_dana.text
    assert "Lee" in to_dana.text
    assert "?" in to_dana.text
    await town.answers(to_dana, "accept")
    await town.settle()
    assert "introduction.made" not in await kinds_to(town, "Lee")
    await town.answers(to_lee, "accept")
    await town.settle()

    made = [await the_letter(town, name, "introduction.made") for name in ("Dana", "Lee")]
    assert address_of("Lee") in made[0].reply_to
    assert address_of("Dana") in made[1].reply_to
    assert [i["status"] for i in await introductions_of(town, gathering)] == ["made"]


async def test_a_pass_is_never_shown_to_the_other(town: Town) -> None:
    gathering = await a_gathering(town)
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()
    to_dana, to_lee = (
        await the_letter(town, "Dana", "introduction.suggested"),
        await the_letter(town, "Lee", "introduction.suggested"),
    )
    before = await town.open_introductions(str(to_lee.link("/i/")))

    await town.answers(to_dana, "pass")
    await town.settle()

    assert await town.open_introductions(str(to_lee.link("/i/"))) == before
    assert "pass" not in " ".join(await kinds_to(town, "Lee"))


async def test_where_the_organiser_chose_direct_the_introduction_goes_out_without_asking(town: Town) -> None:
    gathering = await a_gathering(town, introductions={"mode": "direct", "per_person": 2, "rounds_before": []})
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()

    assert "introduction.made" in await kinds_to(town, "Dana")
    assert "introduction.suggested" not in await kinds_to(town, "Dana")


async def test_nobody_is_introduced_who_did_not_agree(town: Town) -> None:
    gathering = await a_gathering(town)
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", introductions=False, **ZINES)
    await town.settle()

    assert await introductions_of(town, gathering) == []


async def test_a_round_at_its_time_matches_everybody_together(town: Town) -> None:
    gathering = await a_gathering(town)
    for name in ("Dana Reyes", "Lee Okafor", "Theo Lind", "Ruth Ade", "Mina Cast"):
        await rsvps(town, gathering, name, **ZINES)
    await town.settle()

    assert town.turn_to
    await town.turn_to(town.now() + timedelta(days=7, minutes=5))

    rounds = (await town.organiser("GET", f"/api/v1/gatherings/{gathering['id']}/rounds"))["items"]
    assert len(rounds) == 1
    pairs = [frozenset(p["email"] for p in i["people"]) for i in await introductions_of(town, gathering)]
    assert len(pairs) == len(set(pairs))
    assert {email for pair in pairs for email in pair} == {
        address_of(n) for n in ("Dana", "Lee", "Theo", "Ruth", "Mina")
    }


async def test_the_day_before_the_day_after_and_a_month_after_each_have_their_mail_once(town: Town) -> None:
    gathering = await a_gathering(town, introductions={"mode": "direct", "per_person": 2, "rounds_before": []})
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()
    assert town.turn_to
    start = town.now() + timedelta(days=10)

    for days in (-0.5, 0.5, 2, 15, 33, 40):
        await town.turn_to(start + timedelta(days=days))

    kinds = await kinds_to(town, "Dana")
    assert [kinds.count(kind) for kind in ("reminder.before", "followup.after", "reconnect")] == [1, 1, 1]
    assert "Lee" in (await the_letter(town, "Dana", "reminder.before")).text


async def test_when_somebody_cancels_the_other_is_told_and_nobody_is_introduced_to_them(town: Town) -> None:
    gathering = await a_gathering(town, introductions={"mode": "direct", "per_person": 2, "rounds_before": []})
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()

    await town.holder(str((await the_letter(town, "Lee", "rsvp.confirmed")).link("/my/")), "DELETE", "/api/v1/my/rsvp")
    await rsvps(town, gathering, "Theo Lind", **ZINES)
    await town.settle()

    assert "introduction.withdrawn" in await kinds_to(town, "Dana")
    assert "rsvp.cancelled" in await kinds_to(town, "Lee")
    after = {i["status"]: {person["email"] for person in i["people"]} for i in await introductions_of(town, gathering)}
    assert after == {"withdrawn": {address_of("Dana")}, "made": {address_of("Dana"), address_of("Theo")}}


async def test_a_place_that_becomes_free_goes_to_the_first_who_waits_and_both_are_told(town: Town) -> None:
    gathering = await a_gathering(town, capacity=1)
    await rsvps(town, gathering, "Dana Reyes")
    assert (await rsvps(town, gathering, "Lee Okafor"))["status"] == "waitlisted"
    assert (await rsvps(town, gathering, "Theo Lind"))["status"] == "waitlisted"
    await town.settle()

    await town.holder(str((await the_letter(town, "Dana", "rsvp.confirmed")).link("/my/")), "DELETE", "/api/v1/my/rsvp")
    await town.settle()

    assert await kinds_to(town, "Dana") == ["rsvp.confirmed", "rsvp.cancelled"]
    assert await kinds_to(town, "Lee") == ["rsvp.waitlisted", "rsvp.promoted"]
    assert await kinds_to(town, "Theo") == ["rsvp.waitlisted"]


async def test_one_click_unsubscribes_everywhere_from_that_moment(town: Town) -> None:
    gathering = await a_gathering(town)
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await town.settle()
    token = (await the_letter(town, "Dana", "rsvp.confirmed")).link("/u/")

    await town.anybody("POST", f"/u/{token}", data={"List-Unsubscribe": "One-Click"})
    await town.settle()
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()

    assert await kinds_to(town, "Dana") == ["rsvp.confirmed"]
    assert await introductions_of(town, gathering) == []


async def test_an_erased_person_is_gone_from_every_service_and_gets_one_last_mail(town: Town) -> None:
    gathering = await a_gathering(town, introductions={"mode": "direct", "per_person": 2, "rounds_before": []})
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await rsvps(town, gathering, "Lee Okafor", **ZINES)
    await town.settle()
    token = str((await the_letter(town, "Lee", "rsvp.confirmed")).link("/my/"))

    await town.holder(token, "DELETE", "/api/v1/my/data")
    await town.settle()

    assert (await kinds_to(town, "Lee"))[-1] == "erasure.done"
    roster = await town.organiser("GET", f"/api/v1/gatherings/{gathering['id']}/rsvps")
    assert [rsvp["email"] for rsvp in roster["items"]] == [address_of("Dana")]
    messages = await town.organiser("GET", f"/api/v1/gatherings/{gathering['id']}/messages")
    assert address_of("Lee") not in str(messages)
    assert address_of("Lee") not in str(await introductions_of(town, gathering))
    with pytest.raises(Refused, match=r"410|404"):
        await town.holder(token, "GET", "/api/v1/my/rsvp")


async def test_a_cancelled_gathering_is_told_to_everybody_and_nothing_follows(town: Town) -> None:
    gathering = await a_gathering(town)
    await rsvps(town, gathering, "Dana Reyes", **ZINES)
    await town.settle()

    await town.organiser("POST", f"/api/v1/gatherings/{gathering['id']}/cancel", json={})
    await town.settle()
    assert town.turn_to
    await town.turn_to(town.now() + timedelta(days=45))

    assert await kinds_to(town, "Dana") == ["rsvp.confirmed", "gathering.cancelled"]
