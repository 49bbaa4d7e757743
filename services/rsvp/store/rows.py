"""The place for turning rows into what the domain speaks of, and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from services.rsvp.domain.gatherings import Gathering, IntroductionRules, Venue
from services.rsvp.domain.keys import OrganiserKey
from services.rsvp.domain.profiles import PROFILE_FIELDS, Place, Profile
from services.rsvp.domain.rsvps import Attendee, Rsvp
from services.rsvp.ports import Answered

LISTS = frozenset({"interests", "goals", "asks", "offers", "languages"})
_RSVP_FIELDS = tuple(one.name for one in fields(Rsvp) if one.name not in {"email", "by", "profile", "share"})
_GATHERING_FIELDS = tuple(one.name for one in fields(Gathering) if one.name not in {"place", "introductions"})
_ATTENDEE_FIELDS = tuple(one.name for one in fields(Attendee))
_KEY_FIELDS = tuple(one.name for one in fields(OrganiserKey))


def profile_to_row(profile: Profile) -> dict[str, Any]:
    """Only what was said; a blank profile is {}."""
    said = {name: value for name in PROFILE_FIELDS if (value := getattr(profile, name))}
    if place := profile.place:
        said["place"] = without_blanks({"city": place.city, "region": place.region, "country": place.country})
    return said


def profile_in(row: Mapping[Any, Any]) -> Profile:
    values: dict[str, Any] = {name: tuple(value) if name in LISTS else value for name, value in row.items()}
    if row.get("place"):
        values["place"] = Place(**row["place"])
    return Profile(**values)


def without_blanks(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def rsvp_to_row(rsvp: Rsvp) -> dict[str, Any]:
    values = {name: getattr(rsvp, name) for name in _RSVP_FIELDS}
    return values | {"said_by": rsvp.by, "profile": profile_to_row(rsvp.profile), "share": list(rsvp.share)}


def rsvp_in(row: Mapping[Any, Any], *, email: str) -> Rsvp:
    values = {name: row[name] for name in _RSVP_FIELDS}
    return Rsvp(email=email, by=row["said_by"], profile=profile_in(row["profile"]), share=tuple(row["share"]), **values)


def gathering_to_row(gathering: Gathering) -> dict[str, Any]:
    values = {name: getattr(gathering, name) for name in _GATHERING_FIELDS}
    place = without_blanks(asdict(gathering.place)) if gathering.place else None
    rules = asdict(gathering.introductions)
    if not rules["vocabulary"]:  # what an older version beside us does not know is written only where it is used
        del rules["vocabulary"]
    return values | {"place": place, "introductions": rules}


def gathering_in(row: Mapping[Any, Any]) -> Gathering:
    return Gathering(
        place=Venue(**row["place"]) if row["place"] else None,
        introductions=_rules_in(row["introductions"]),
        **{name: row[name] for name in _GATHERING_FIELDS},
    )


def _rules_in(row: Mapping[str, Any]) -> IntroductionRules:
    vocabulary = {word: tuple(same) for word, same in row.get("vocabulary", {}).items()}
    return IntroductionRules(**{**row, "rounds_before": tuple(row["rounds_before"]), "vocabulary": vocabulary})


def attendee_to_row(attendee: Attendee) -> dict[str, Any]:
    return {name: getattr(attendee, name) for name in _ATTENDEE_FIELDS}


def attendee_in(row: Mapping[Any, Any]) -> Attendee:
    return Attendee(**{name: row[name] for name in _ATTENDEE_FIELDS})


def answer_to_row(key: str, answered: Answered) -> dict[str, Any]:
    return {"key": key, "body": answered.body, "answer": dict(answered.answer)}


def answer_in(row: Mapping[Any, Any]) -> Answered:
    return Answered(row["body"], row["answer"])


def key_to_row(key: OrganiserKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in _KEY_FIELDS}


def key_in(row: Mapping[Any, Any]) -> OrganiserKey:
    return OrganiserKey(**{name: row[name] for name in _KEY_FIELDS})
