"""The place for who a what-if is about: any guest list, or JSON lines of people, read into persons."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from services.intro.domain.coming import Rsvp, person_of
from services.intro.domain.people import SHAREABLE, Person
from services.rsvp.domain.guest_lists import Guest, Status, read_acquainted, read_guest_list
from services.rsvp.domain.profiles import profile_from
from shared.errors import InvalidInput, TablematesError
from shared.ids import AttendeeId, GatheringId

ABOUT_A_PERSON = ("id", "email", "name", "capacity", "newcomer", "welcomer", "introductions")


class FileUnreadable(TablematesError):
    """The file cannot be read."""

    code = "file_unreadable"


def read_file(path: Path) -> bytes:
    """The bytes of a file. Raises FileUnreadable, which names it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{path} cannot be read ({error.strerror}).") from None


def read_people(path: Path) -> list[Person]:
    """Everybody in the file. Raises what says which line is wrong."""
    raw = read_file(path)
    if (entries := _entries_of_people(raw)) is not None:
        return [_person_in(entry, line) for line, entry in enumerate(entries, 1)]
    return [_person_of_guest(guest) for guest in read_guest_list(raw, filename=path.name).guests]


def read_acquaintances(path: Path, people: list[Person]) -> set[frozenset[str]]:
    """Pairs of ids that know each other already, from a file with two columns of addresses."""
    by_email = {person.email.casefold(): person.id for person in people if person.email}
    pairs = read_acquainted(read_file(path)).pairs
    known = ({by_email.get(a.key, ""), by_email.get(b.key, "")} for a, b in pairs)
    return {frozenset(pair) for pair in known if len(pair) == 2 and "" not in pair}


def _entries_of_people(raw: bytes) -> list[Mapping[str, Any]] | None:
    """The objects of a JSON-lines file of people; None for anything else, RSVPs in JSON lines among it."""
    try:
        entries = [json.loads(line) for line in raw.decode("utf-8-sig").split("\n") if line.strip()]
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    plain = all(isinstance(entry, dict) for entry in entries)
    if not entries or not plain or any("profile" in entry or "response" in entry for entry in entries):
        return None
    return entries


def _person_in(entry: Mapping[str, Any], line: int) -> Person:
    about = {name: entry[name] for name in ABOUT_A_PERSON if name in entry}
    key = about.get("id") or about.get("email")
    if not isinstance(key, str) or not key:
        raise InvalidInput(f"Line {line}: a person needs an “id” or an “email”.")
    profile = profile_from({name: value for name, value in entry.items() if name not in ABOUT_A_PERSON})
    person = _person(key, about.get("name", ""), about.get("email", ""), asdict(profile))
    chosen = {name: about[name] for name in ("capacity", "newcomer", "welcomer") if name in about}
    return replace(person, consent=bool(about.get("introductions", True)), **chosen)


def _person_of_guest(guest: Guest) -> Person:
    person = _person(guest.email, guest.name, guest.email, asdict(guest.profile))
    return replace(person, coming=guest.status is Status.GOING, consent=guest.introductions is not False)


def _person(key: str, name: str, email: str, profile: Mapping[str, Any]) -> Person:
    return person_of(
        Rsvp(
            gathering_id=GatheringId("what-if"),
            attendee_id=AttendeeId(key),
            rsvp_id=key,
            version=1,
            status="going",
            name=name,
            email=email,
            introductions=True,
            share=tuple(sorted(SHAREABLE)),
            profile=profile,
        )
    )
