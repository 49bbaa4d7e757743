"""What a reader sees: the right words, the same bytes each time, and nothing that anybody could break out of."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar

from services.notify.adapters.rendering.mime import Draft, compose, one_line, quoted_printable, wire_address
from services.notify.adapters.rendering.render import Renderer
from services.notify.adapters.rendering.templates import Templates
from services.notify.domain.facts import Gathering, Place
from services.notify.domain.kinds import KINDS, Kind
from services.notify.ports import MailRow
from shared.links import Link, Links
from tests.data import shared_data
from tests.notify.builders import letter_of, text_of

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
LINKS = Links(["a-secret-that-only-tests-know"])
RENDER = Renderer("Tablemates <hello@tables.example>", "https://tables.example", LINKS, Templates())


def the_social(**changed: Any) -> Gathering:
    starts = datetime(2027, 3, 11, 23, 30, tzinfo=UTC)
    place = Place("The Lantern Room", "Asheville", "NC", "US")
    social = Gathering(
        "social", 3, "Winter social", "happy_hour", "hybrid", starts, starts + timedelta(hours=2), "America/New_York",
        url="https://tables.example/g/winter", place=place, join_url="https://meet.example/abc",
    )  # fmt: skip
    return replace(social, **changed)


def a_mail(kind: Kind, **changed: Any) -> MailRow:
    sam = {"attendee_id": "sam", "name": "Sam Okafor", "role": "Data engineer", "employer": "Open Shelves"}
    told = {
        "gathering": the_social().as_context(),
        "before": the_social(title="Winter party").as_context(),
        "rsvp": {"status": "going", "guests": 2, "introductions": True, "by": "attendee"},
        "tip": {"text": "Arrive early.", "attendee_id": "mina"},
        "people": [sam],
        "reasons": ["You both keep zines."],
        "opener": "Which dataset would you clean first?",
        "expires_at": (NOW + timedelta(days=3)).isoformat(),
        "meets": [{"introduction_id": "i1", "people": [sam], "reasons": ["You both keep zines."], "opener": "Hm?"}],
        "next": the_social(title="Spring round table").as_context(),
        "reason": "The heating broke.",
        "reply_to": [{"attendee_id": "sam", "name": "Sam Okafor", "email": "sam@example.org"}],
    }
    row = MailRow(
        number=7, key=f"{kind}.{'0a' * 16}", kind=kind, attendee_id="dana", gathering_id="social", cause="c", version=1,
        reference="i1", own_action=True, email="dana@example.org", name="Dana Reyes",
        context=told | changed.pop("context", {}), state="sending", created_at=NOW, next_at=NOW, expires_at=None,
        sent_at=None, attempts=0, claims=0, owner="", leased_until=None, error="",
    )  # fmt: skip
    return replace(row, **changed)


def rendered(kind: Kind, **changed: Any) -> EmailMessage:
    return letter_of(RENDER(a_mail(kind, **changed)).body)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_row_gives_the_same_bytes(kind: Kind) -> None:
    other = Renderer("Tablemates <hello@tables.example>", "https://tables.example", LINKS, Templates())
    assert RENDER(a_mail(kind)).body == other(a_mail(kind, claims=3, state="retry")).body


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_has_text_and_html_and_says_what_it_is(kind: Kind) -> None:
    letter = rendered(kind)
    assert letter["X-Tablemates-Kind"] == kind
    assert letter["X-Tablemates-Gathering"] == "social"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == f"<{kind}.{'0a' * 16}@tables.example>"
    assert letter["Date"].datetime == NOW
    assert str(letter["Subject"])
    assert "Hello Dana Reyes," in text_of(letter)
    html = text_of(letter, "html")
    assert "Dana Reyes" in html
    assert "{{" not in html
    assert "{%" not in html
    assert letter.defects == []
    assert "None" not in text_of(letter)
    assert "\n\n\n" not in text_of(letter), "no gaps in the text"


@pytest.mark.parametrize("kind", KINDS)
def test_lines_are_as_long_as_mail_allows_and_end_as_it_asks(kind: Kind) -> None:
    body = RENDER(a_mail(kind)).body
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert max(len(line) for line in body.split(b"\r\n")) <= 998
    assert body.isascii()


@pytest.mark.parametrize("kind", KINDS)
def test_opening_a_mail_asks_nobody_for_anything(kind: Kind) -> None:
    fetches = r"@import[^;]*|url\([^)]*|<link[^>]*|\s(?:src|srcset|background|poster)\s*=[^>]*"
    assert re.findall(fetches, text_of(rendered(kind), "html")) == []


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        ("Zine Night", "7bit"),
        ("Zine Night, in Kołobrzeg", "quoted-printable"),
        ("Zine Night" * 100, "quoted-printable"),
        ("Zine\x7fNight", "quoted-printable"),
    ],
)
def test_html_is_carried_as_it_is_where_mail_can(title: str, encoding: str) -> None:
    told = a_mail("rsvp.waitlisted").context
    letter = rendered("rsvp.waitlisted", context={**told, "gathering": {**told["gathering"], "title": title}})
    assert [part["Content-Transfer-Encoding"] for part in letter.iter_parts()] == ["quoted-printable", encoding]
    assert title.replace("\x7f", "") in text_of(letter, "html").replace("\x7f", "")


@pytest.mark.parametrize("before", ["Hello\n", ""])
def test_nobody_writes_a_boundary(before: str) -> None:
    draft = Draft("known", NOW, "hello@tables.example", ("Dana", "dana@example.org"), "Hello", "Hello", "<p>Hello</p>")
    boundary = f"--{letter_of(compose(draft)).get_boundary()}"
    forged = f"{before}{boundary}\nContent-Type: text/html\n\n<p>not ours</p>"
    letter = letter_of(compose(replace(draft, text=forged, html=forged)))
    for kind in ("plain", "html"):
        assert text_of(letter, kind) == forged


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_of_the_text_stands_on_a_line_of_its_own(kind: Kind) -> None:
    for line in text_of(rendered(kind)).splitlines():
        if "https://" in line and "now:" not in line and "before:" not in line:
            assert re.fullmatch(r"\s*https://\S+", line)


def test_a_suggestion_asks_with_one_link_for_each_answer() -> None:
    letter = rendered("introduction.suggested")
    text, html = text_of(letter), text_of(letter, "html")
    links = re.findall(r"https://tables\.example/i/(\S+)\?answer=(\w+)", text)
    assert [answer for _, answer in links] == ["accept", "pass", "know"]
    accept = links[0]
    assert {token for token, _ in links} == {accept[0]}
    link = LINKS.read(accept[0], "answer", now=NOW)
    assert link == Link("answer", "dana", "social", "i1")
    assert f"/i/{accept[0]}?answer=accept" in html
    assert "nobody is told" in text
    assert "Thursday, March 4, 7:00 AM (Eastern Standard Time)" in text


def test_links_are_for_what_they_stand_beside() -> None:
    for kind, page, purpose in (
        ("address.confirm", "my", "confirm"),
        ("rsvp.confirmed", "my", "my"),
        ("followup.after", "i", "feedback"),
        ("rsvp.confirmed", "u", "unsubscribe"),
    ):
        found = re.search(rf"https://tables\.example/{page}/(\S+)", text_of(rendered(kind)))  # type: ignore[arg-type]
        assert found
        link = LINKS.read(found.group(1), purpose, now=NOW)  # type: ignore[arg-type]
        assert link.attendee_id == "dana"
        assert link.reference == ("i1" if purpose == "feedback" else "")


def test_a_pending_address_is_asked_to_confirm_by_its_link_again() -> None:
    text = text_of(rendered("rsvp.link", context={"rsvp": {"status": "pending"}}))
    token = re.search(r"/my/(\S+)", text)
    assert token
    assert LINKS.read(token.group(1), "confirm", now=NOW).attendee_id == "dana"


def test_times_are_those_of_the_gathering() -> None:
    text = text_of(rendered("rsvp.confirmed"))
    assert "Thursday, March 11, 2027\n  6:30 PM to 8:30 PM (Eastern Standard Time)" in text
    tokyo = the_social(timezone="Asia/Tokyo").as_context()
    assert "Friday, March 12, 2027\n  8:30 AM to 10:30 AM (Japan Standard Time)" in text_of(
        rendered("rsvp.confirmed", context={"gathering": tokyo})
    )


@pytest.mark.parametrize("kind", ["rsvp.confirmed", "rsvp.promoted", "gathering.changed"])
def test_who_has_a_place_gets_a_calendar_file(kind: Kind) -> None:
    (attachment,) = list(rendered(kind).iter_attachments())
    assert attachment.get_content_type() == "text/calendar"
    assert attachment.get_param("method") == "PUBLISH"
    payload = attachment.get_payload(decode=True)
    assert isinstance(payload, bytes)
    (event,) = Calendar.from_ical(payload).walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"], event["SUMMARY"]) == ("social@tablemates", 3, "Winter social")
    assert event["DTSTART"].params["TZID"] == "America/New_York"


def test_a_cancelled_gathering_is_taken_off_the_calendar() -> None:
    off = the_social(cancelled=True).as_context()
    (attachment,) = list(rendered("gathering.cancelled", context={"gathering": off}).iter_attachments())
    assert attachment.get_param("method") == "CANCEL"


def test_who_waits_gets_no_calendar_file() -> None:
    letter = rendered("gathering.changed", context={"rsvp": {"status": "waitlisted"}})
    assert list(letter.iter_attachments()) == []


def test_a_reminder_on_the_day_itself_says_today() -> None:
    assert str(rendered("reminder.before", created_at=NOW + timedelta(days=9, hours=3))["Subject"]).startswith(
        "Tomorrow"
    )
    assert str(rendered("reminder.before", created_at=NOW + timedelta(days=10, hours=3))["Subject"]).startswith("Today")


def test_an_international_domain_travels_in_ascii_and_a_name_in_any_script() -> None:
    letter = rendered("rsvp.confirmed", email="dana@bücher.example", name="田中さん, “Q” <x>")
    (to,) = letter["To"].addresses
    assert (to.addr_spec, to.display_name) == ("dana@xn--bcher-kva.example", "田中さん, “Q” <x>")
    assert wire_address("dörte@example.org") == "dörte@example.org"


def naughty_strings() -> list[str]:
    return [text for text in json.loads(shared_data("naughty_strings", "blns.json").read_text()) if text.strip()]


class Scripts(HTMLParser):
    """Collects what a browser would run or load, and all the text that it would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def structure(html: str) -> tuple[list[str], list[str]]:
    parser = Scripts()
    parser.feed(html)
    return parser.tags, parser.attributes


CLEAN = structure(text_of(rendered("introduction.suggested"), "html"))


@pytest.mark.slow
@pytest.mark.parametrize("part", [0, 1, 2, 3])
def test_naughty_strings_are_carried_byte_for_byte_and_do_no_harm(part: int) -> None:
    for naughty in naughty_strings()[part::4]:
        letter = _full_of(naughty)
        text = text_of(letter)
        for place in ("* {}", "  {}"):
            assert place.format(naughty) in text, f"{naughty!r} is not whole in the text"
        assert structure(text_of(letter, "html")) == CLEAN, f"{naughty!r} broke out of the HTML"
        assert _is_shown(naughty, text_of(letter, "html"))
        assert set(letter.keys()) == set(rendered("introduction.suggested").keys())
        assert one_line(naughty) in str(letter["Subject"]) or not letter["Subject"].defects
        assert letter.defects == []
        assert len(letter["To"].addresses) == 1
        assert letter["To"].addresses[0].addr_spec == "dana@example.org"


def _full_of(naughty: str) -> EmailMessage:
    person = {"attendee_id": "sam", "name": naughty, "role": naughty, "employer": naughty}
    context = {
        "gathering": the_social(title=naughty, place=Place(naughty, naughty)).as_context(),
        "people": [person],
        "reasons": [naughty],
        "opener": naughty,
        "tip": {"text": naughty, "attendee_id": "mina"},
    }
    return rendered("introduction.suggested", name=naughty, context=context)


def _is_shown(naughty: str, html: str) -> bool:
    parser = Scripts()
    parser.feed(html)
    return naughty.replace("\x00", "\ufffd") in "".join(parser.shown) or "\r" in naughty


@example("as a form sends it:\r\ntwo lines, and a \r within")
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_survives_its_encoding(text: str) -> None:
    letter = letter_of(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(text))
    payload = letter.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.replace(b"\r\n", b"\n") == text.encode().replace(b"\r\n", b"\n")


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_name_or_title_adds_a_header(name: str, title: str) -> None:
    letter = rendered("rsvp.link", name=name, context={"gathering": the_social(title=title).as_context()})
    assert set(letter.keys()) == set(rendered("rsvp.link").keys())
    assert letter["To"].addresses[0].addr_spec == "dana@example.org"
