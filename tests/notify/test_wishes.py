"""No more mail, less mail, mail again: one click holds everywhere from that moment."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notify.domain.kinds import KINDS, withheld
from services.notify.handlers.addresses import suppress
from shared.contracts.intro import IntroductionMade, IntroductionSuggested
from shared.contracts.notify import AddressRestored, AddressSuppressed
from shared.contracts.rsvp import AttendeeErased, RsvpCancelled, RsvpConfirmed, RsvpLinkRequested, RsvpPromoted
from tests.notify.builders import PostOffice, a_gathering, an_introduction, an_rsvp, letter_of
from tests.notify.fake_mailer import BUSY

ONE_CLICK = {"content": "List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


async def _unsubscribe_link(office: PostOffice, who: str = "dana") -> str:
    header = str(office.letters(who)[0]["List-Unsubscribe"])
    return header.strip("<>")


async def _coming(office: PostOffice) -> None:
    await office.hears_and_sends(a_gathering(), an_rsvp(RsvpConfirmed), an_rsvp(RsvpConfirmed, "lee"))


async def test_one_click_needs_no_cookie_and_says_so_to_everybody(office: PostOffice) -> None:
    await _coming(office)
    async with office.http() as http:
        answer = await http.post(await _unsubscribe_link(office), **ONE_CLICK)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert await office.said() == [AddressSuppressed(version=1, attendee_id="dana", reason="unsubscribed")]


async def test_one_click_twice_is_said_once(office: PostOffice) -> None:
    await _coming(office)
    async with office.http() as http:
        for _ in range(2):
            assert (await http.post(await _unsubscribe_link(office), **ONE_CLICK)).status_code == 200  # type: ignore[arg-type]
    assert len(await office.said()) == 1


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"List-Unsubscribe=One-Click"])
async def test_a_click_is_a_click_however_it_is_written(office: PostOffice, body: bytes) -> None:
    await _coming(office)
    async with office.http() as http:
        assert (await http.post(await _unsubscribe_link(office), content=body)).status_code == 200
    assert len(await office.said()) == 1


async def test_looking_changes_nothing(office: PostOffice) -> None:
    await _coming(office)
    async with office.http() as http:
        page = await http.get(await _unsubscribe_link(office))
    assert page.status_code == 200
    assert "No more mail" in page.text
    assert await office.said() == []


async def test_it_holds_for_what_waits_and_for_what_comes(office: PostOffice) -> None:
    await _coming(office)
    office.mailer.answers("dana@example.org", BUSY)
    await office.hears_and_sends(an_introduction(IntroductionSuggested))
    await office.run(suppress, "dana", "unsubscribed")
    await office.turns_to(office.clock.at + timedelta(minutes=5))
    await office.hears_and_sends(an_introduction(IntroductionMade, introduction_id="another"))
    assert office.kinds("dana") == ["rsvp.confirmed"]
    assert {(row.state, row.error) for row in await office.rows(attendee_id="dana", reference="dana+lee")} == {
        ("superseded", "unsubscribed")
    }


async def test_it_is_looked_at_again_right_before_the_hand_over(office: PostOffice) -> None:
    await _coming(office)
    await office.hears(an_introduction(IntroductionSuggested))
    await office.run(_only_the_wish)
    await office.sends()
    assert office.kinds("dana") == ["rsvp.confirmed"]
    assert office.kinds("lee") == ["rsvp.confirmed", "introduction.suggested"]


def _only_the_wish(tx: object) -> None:
    from dataclasses import replace  # noqa: PLC0415 - as if another replica had committed it in between

    person = tx.store.picture.person("dana")  # type: ignore[attr-defined]
    tx.store.picture.keep_wishes(replace(person, suppressed="unsubscribed"))  # type: ignore[attr-defined]


async def test_answers_to_what_somebody_did_themselves_still_come(office: PostOffice) -> None:
    await _coming(office)
    await office.run(suppress, "dana", "unsubscribed")
    await office.hears_and_sends(
        an_rsvp(RsvpLinkRequested),
        an_rsvp(RsvpCancelled, version=2),
        an_rsvp(RsvpPromoted, version=3, by="system"),
        an_rsvp(RsvpConfirmed, version=4, by="import"),
        AttendeeErased(version=5, attendee_id="dana"),
    )
    assert office.kinds("dana") == ["rsvp.confirmed", "erasure.done"]
    assert [row.kind for row in await office.rows(attendee_id="dana", state="sent")] == [
        "rsvp.confirmed",
        "erasure.done",
    ]


async def test_somebody_unsubscribed_who_cancels_is_answered(office: PostOffice) -> None:
    await _coming(office)
    await office.run(suppress, "dana", "unsubscribed")
    await office.hears_and_sends(an_rsvp(RsvpLinkRequested), an_rsvp(RsvpCancelled, version=2))
    assert office.kinds("dana") == ["rsvp.confirmed", "rsvp.link", "rsvp.cancelled"]


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_an_address_that_bounced_or_complained_gets_the_last_word_only(reason: str) -> None:
    allowed = [kind for kind in KINDS if withheld(kind, own_action=True, suppressed=reason) is None]  # type: ignore[arg-type]
    assert allowed == ["erasure.done"]


async def test_mail_again_is_one_button_and_is_said_too(office: PostOffice) -> None:
    await _coming(office)
    link = await _unsubscribe_link(office)
    async with office.http() as http:
        await http.post(link, **ONE_CLICK)  # type: ignore[arg-type]
        page = await http.post(link, data={"action": "restore"}, headers={"Accept": "text/html"})
    assert "What would you like to hear?" in page.text
    assert await office.said() == [
        AddressSuppressed(version=1, attendee_id="dana", reason="unsubscribed"),
        AddressRestored(version=2, attendee_id="dana"),
    ]
    await office.hears_and_sends(an_introduction(IntroductionMade))
    assert office.kinds("dana")[-1] == "introduction.made"


async def test_a_complaint_is_graver_than_a_wish_and_is_not_undone_by_it(office: PostOffice) -> None:
    await _coming(office)
    await office.run(suppress, "dana", "complained")
    assert not await office.run(suppress, "dana", "unsubscribed")
    assert [event.reason for event in await office.said()] == ["complained"]  # type: ignore[attr-defined]


async def test_who_wants_no_reminders_still_hears_of_introductions(office: PostOffice) -> None:
    await _coming(office)
    async with office.http() as http:
        await http.post(await _unsubscribe_link(office), data={"action": "save", "topic": ["followups"]})
    await office.hears_and_sends(an_introduction(IntroductionMade))
    await office.turns_to(datetime(2027, 3, 10, 17, tzinfo=UTC))
    assert office.kinds("dana") == ["rsvp.confirmed", "introduction.made"]
    assert "reminder.before" in office.kinds("lee")


async def test_a_forged_or_cut_off_link_is_refused_in_one_sentence(office: PostOffice) -> None:
    await _coming(office)
    link = await _unsubscribe_link(office)
    async with office.http() as http:
        for wrong in (link[:-3], link + "x", "http://localhost:8000/u/nothing"):
            answer = await http.post(wrong, **ONE_CLICK)  # type: ignore[arg-type]
            assert (answer.status_code, answer.json()["code"]) == (404, "link_invalid")
        page = await http.get(link[:-3], headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert await office.said() == []


async def test_somebody_who_was_erased_has_nothing_left_to_unsubscribe(office: PostOffice) -> None:
    await _coming(office)
    link = await _unsubscribe_link(office)
    await office.hears(AttendeeErased(version=2, attendee_id="dana"))
    async with office.http() as http:
        assert (await http.post(link, **ONE_CLICK)).status_code == 200  # type: ignore[arg-type]
        assert "nothing to unsubscribe" in (await http.get(link)).text


async def test_every_mail_can_be_unsubscribed_from_by_one_click(office: PostOffice) -> None:
    await _coming(office)
    await office.hears_and_sends(an_introduction(IntroductionSuggested), an_introduction(IntroductionMade, version=2))
    for _, body in office.mailer.accepted:
        letter = letter_of(body)
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert str(letter["List-Unsubscribe"]).startswith("<http://localhost:8000/u/")
        assert b"\r\nList-Unsubscribe: <http" in body, "on one line, as providers read it"
