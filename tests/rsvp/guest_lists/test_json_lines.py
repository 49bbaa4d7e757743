"""RSVPs as JSON lines: the API's shape, times of change, and a real stream with its repeats and disorder."""

import json
import random
from typing import Any

import pytest

from services.rsvp.domain.guest_lists import GuestListRefused, Status, read_guest_list
from services.rsvp.domain.guest_lists.errors import AddressesMissing, NotAGuestList
from services.rsvp.domain.profiles import Place, Profile
from tests.data import shared_data

DANA: dict[str, Any] = {
    "email": "dana@example.org", "name": "Dana Reyes", "response": "going", "guests": 0, "introductions": True,
    "profile": {
        "role": "Cataloguer", "employer": "Ridge County Library", "stage": "changing_career",
        "interests": ["metadata", "zines", "trail running"], "goals": ["learn", "friendship"],
        "asks": ["moving from cataloguing to data work"], "offers": ["MARC clean-up"], "pace": "quiet",
        "reach": "region", "place": {"city": "Asheville", "region": "NC", "country": "US"}, "languages": ["en"],
        "tip": "Arrive early: rooms are kinder when they are empty.",
    },
    "answers": {},
}  # fmt: skip


def lines(*entries: object) -> bytes:
    return "\n".join(json.dumps(entry) for entry in entries).encode()


def reason(entry: object) -> str:
    found = read_guest_list(lines({"email": "first@example.org"}, entry))
    assert [refusal.line for refusal in found.refused] == [2]
    assert len(found.guests) == 1
    return found.refused[0].reason


def test_the_rsvp_of_the_interfaces_is_read_whole() -> None:
    found = read_guest_list(lines(DANA))
    assert found.format == "json_lines"
    guest = found.guests[0]
    assert (guest.email, guest.name, guest.status, guest.introductions) == (
        "dana@example.org",
        "Dana Reyes",
        Status.GOING,
        True,
    )
    assert guest.profile == Profile(
        role="Cataloguer", employer="Ridge County Library", stage="changing_career",
        interests=("metadata", "zines", "trail running"), goals=("learn", "friendship"),
        asks=("moving from cataloguing to data work",), offers=("MARC clean-up",), pace="quiet", reach="region",
        place=Place("Asheville", "NC", "US"), languages=("en",),
        tip="Arrive early: rooms are kinder when they are empty.",
    )  # fmt: skip


def test_a_list_of_rsvps_is_read_as_well_as_lines() -> None:
    both = [{"email": "a@example.org"}, {"email": "b@example.org", "response": "declined"}]
    assert read_guest_list(json.dumps(both, indent=1).encode()).guests == read_guest_list(lines(*both)).guests


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"nickname": "D"}, "“nickname” is not a field of an RSVP"),
        ({"guests": -1}, "“guests” must be a whole number from 0 to 99."),
        ({"guests": True}, "“guests” must be a whole number"),
        ({"guests": 1.5}, "“guests” must be a whole number"),
        ({"response": "perhaps so"}, "“response” is “perhaps so”"),
        ({"introductions": "yes"}, "“introductions” must be true or false."),
        ({"profile": []}, "“profile” must be an object."),
        ({"profile": {"job": "x"}}, "“profile.job” is not a field"),
        ({"profile": {"interests": "zines"}}, "“profile.interests” must be a list of texts."),
        ({"profile": {"pace": "fast"}}, "“pace” must be one of quiet, balanced, outgoing."),
        ({"profile": {"place": {"planet": "Mars"}}}, "“profile.place.planet” is not a field"),
        ({"profile": {"interests": [f"i{n}" for n in range(61)]}}, "“interests” has 61 entries; at most 60 are kept."),
        ({"profile": {"role": "x" * 301}}, "“role” has 301 characters; at most 300 are kept."),
        ({"profile": {"tip": "a\x00b"}}, "“tip” holds a NUL character"),
        ({"name": "\ud800"}, "“name” holds half of a surrogate pair"),
        ({"answers": {"Lunch?": 3}}, "“answers” must be an object of questions and answers in text."),
        ({"updated_at": "yesterday"}, "“updated_at” must be a time like 2026-09-20T10:00:00Z"),
        ({"email": "dana@localhost"}, "“dana@localhost” is not an e-mail address"),
        ({"email": None}, "“email” is missing"),
    ],
)
def test_a_wrong_field_is_refused_by_name(wrong: dict[str, Any], said: str) -> None:
    assert reason({"email": "dana@example.org", **wrong}).startswith(said)


def test_a_line_that_is_not_json_is_refused_and_the_others_are_read() -> None:
    found = read_guest_list(b'{"email": "a@example.org"}\n{"email": "b@exam\n\n7\n{"email": "c@example.org"}')
    assert [guest.line for guest in found.guests] == [1, 5]
    assert [(refusal.line, refusal.reason.split(":")[0]) for refusal in found.refused] == [
        (2, "This line is not JSON"),
        (4, "This is not an RSVP but a single value."),
    ]


@pytest.mark.parametrize("raw", [b'{"email": "a@b', b"[1, 2", b"{}", b"[[]]", b'{"name": "Dana"}', b"[" * 100_000])
def test_what_is_no_rsvp_is_refused_with_one_sentence(raw: bytes) -> None:
    with pytest.raises(NotAGuestList) as refused:
        read_guest_list(raw)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_the_last_answer_counts_when_there_are_no_times() -> None:
    first, second = {"email": "Dana@example.org"}, {"email": "dana@EXAMPLE.org", "response": "declined"}
    assert [guest.status for guest in read_guest_list(lines(first, second)).guests] == [Status.DECLINED]
    assert [guest.status for guest in read_guest_list(lines(second, first)).guests] == [Status.GOING]


def test_the_latest_answer_counts_whatever_the_order() -> None:
    early = {"email": "dana@example.org", "updated_at": "2026-09-20T10:00:00+02:00", "guests": 3}
    late = {"email": "dana@example.org", "updated_at": "2026-09-20T09:00:00Z", "response": "declined"}
    for entries in ((early, late), (late, early), (late, early, late)):
        (guest,) = read_guest_list(lines(*entries)).guests
        assert (guest.status, guest.guests) == (Status.DECLINED, 0)


def stream() -> list[dict[str, Any]]:
    path = shared_data("meetup_stream", "rsvps_2017-03-19.pseudo.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def as_rsvp(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "email": f"rsvp{message['rsvp_id']}@example.org",
        "name": message["member"]["member_name"],
        "response": {"yes": "going", "no": "declined"}[message["response"]],
        "guests": message["guests"],
        "updated_at": message["mtime"],
    }


def truth(messages: list[dict[str, Any]]) -> dict[str, tuple[str, int]]:
    latest: dict[int, dict[str, Any]] = {}
    for message in sorted(messages, key=lambda message: message["mtime"]):
        latest[message["rsvp_id"]] = message
    words = {"yes": "going", "no": "declined"}
    return {f"rsvp{one}@example.org": (words[last["response"]], last["guests"]) for one, last in latest.items()}


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_real_stream_ends_in_the_state_of_the_highest_mtime(seed: int | None) -> None:
    messages = stream()
    assert len(messages) == 879
    arrived = list(messages)
    if seed is not None:
        random.Random(seed).shuffle(arrived)
    found = read_guest_list(lines(*map(as_rsvp, arrived)))
    assert found.refused == ()
    assert {guest.email: (guest.status.value, guest.guests) for guest in found.guests} == truth(messages)
    assert len(found.guests) == 723


def test_times_a_millisecond_apart_are_told_apart() -> None:
    entries = [{"email": "dana@example.org", "updated_at": 1489925984900 + n, "guests": n} for n in (1, 2, 0)]
    (guest,) = read_guest_list(lines(*entries)).guests
    assert guest.guests == 2
    assert guest.updated_at is not None
    assert guest.updated_at.isoformat() == "2017-03-19T12:19:44.902000+00:00"


def test_the_stream_as_it_comes_has_no_addresses_and_says_so() -> None:
    with pytest.raises(AddressesMissing, match="Meetup's RSVPs have no e-mail addresses"):
        read_guest_list(lines(*stream()))


def test_every_refusal_of_a_file_is_one_class() -> None:
    with pytest.raises(GuestListRefused):
        read_guest_list(b"[]")
