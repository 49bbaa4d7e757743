"""The place for the organiser's form of a gathering: read from what was typed, filled from what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from services.rsvp.domain.gatherings import Gathering, Venue, time_zones
from services.rsvp.domain.profiles import FieldRefused

TEXTS = (
    "title", "kind", "format", "starts_at", "ends_at", "timezone", "name", "city", "region", "country", "join_url",
    "capacity", "rsvp_closes_at", "mode", "per_person", "description", "vocabulary",
)  # fmt: skip
TICKS = ("waiting_list", "confirm_addresses", "tables", "allow_same_employer")
_DAY_AND_TIME = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class GatheringForm:
    """What stands in the form. Times are local to the time zone that is named."""

    texts: Mapping[str, str] = field(
        default_factory=lambda: (
            dict.fromkeys(TEXTS, "") | {"kind": "meeting", "format": "in_person", "mode": "ask", "per_person": "3"}
        )
    )
    ticks: frozenset[str] = frozenset({"waiting_list", "confirm_addresses"})
    rounds: tuple[str, ...] = ("P3D", "PT20H")

    def fields(self) -> dict[str, Any]:
        """The gathering's fields, `introductions` as a mapping of its rules. Raises FieldRefused."""
        place = Venue(**{part: self.texts[part] or None for part in ("name", "city", "region", "country")})
        return {
            **{name: self.texts[name] for name in ("title", "kind", "format", "timezone")},
            "description": self.texts["description"].replace("\r\n", "\n"),
            "starts_at": self._time("starts_at"),
            "ends_at": self._time("ends_at"),
            "rsvp_closes_at": self._time("rsvp_closes_at") if self.texts["rsvp_closes_at"] else None,
            "place": place if place != Venue() else None,
            "join_url": self.texts["join_url"].strip() or None,
            "capacity": self._number("capacity") if self.texts["capacity"].strip() else None,
            "waiting_list": "waiting_list" in self.ticks,
            "confirm_addresses": "confirm_addresses" in self.ticks,
            "introductions": {
                "mode": self.texts["mode"],
                "per_person": self._number("per_person"),
                "rounds_before": self.rounds,
                "tables": "tables" in self.ticks,
                "allow_same_employer": "allow_same_employer" in self.ticks,
                "vocabulary": self._words(),
            },
        }

    def _time(self, name: str) -> datetime:
        if self.texts["timezone"] not in zones():
            raise FieldRefused("timezone", "is not an IANA time zone, like Europe/Berlin or America/New_York")
        try:
            local = datetime.strptime(self.texts[name][:16], _DAY_AND_TIME)  # noqa: DTZ007 - the zone is named apart
        except ValueError:
            raise FieldRefused(name, "must be a day and a time") from None
        return local.replace(tzinfo=ZoneInfo(self.texts["timezone"]))

    def _words(self) -> dict[str, tuple[str, ...]]:
        """`ILS = library system; Koha`: a word a line, with those that mean the same."""
        found = {}
        for line in filter(str.strip, self.texts["vocabulary"].splitlines()):
            word, means, same = line.partition("=")
            if not means:
                raise FieldRefused("vocabulary", "must say on each line a word, =, and what means the same")
            found[word.strip()] = tuple(one.strip() for one in same.split(";") if one.strip())
        return found

    def _number(self, name: str) -> int:
        text = self.texts[name].strip()
        if not text.isdecimal() or len(text) > 7:
            raise FieldRefused(name, "must be a whole number")
        return int(text)


def typed_gathering(form: FormData) -> GatheringForm:
    """The form as somebody sent it."""
    texts = {name: value if isinstance(value := form.get(name, ""), str) else "" for name in TEXTS}
    rounds = tuple(value for value in form.getlist("rounds") if isinstance(value, str) and value)
    return GatheringForm(texts, frozenset(name for name in TICKS if name in form), rounds)


def of_gathering(gathering: Gathering) -> GatheringForm:
    """The form filled with what a gathering says."""
    zone, rules, place = ZoneInfo(gathering.timezone), gathering.introductions, gathering.place or Venue()
    texts = {
        **{name: getattr(gathering, name) for name in ("title", "kind", "format", "timezone", "description")},
        **{part: getattr(place, part) or "" for part in ("name", "city", "region", "country")},
        **{
            name: moment.astimezone(zone).strftime(_DAY_AND_TIME) if (moment := getattr(gathering, name)) else ""
            for name in ("starts_at", "ends_at", "rsvp_closes_at")
        },
        "join_url": gathering.join_url or "",
        "capacity": str(gathering.capacity or ""),
        "mode": rules.mode,
        "per_person": str(rules.per_person),
        "vocabulary": "\n".join(f"{word} = {'; '.join(same)}" for word, same in rules.vocabulary.items()),
    }
    ticks = {name for name in TICKS if getattr(gathering, name, False) or getattr(rules, name, False)}
    return GatheringForm(texts, frozenset(ticks), rules.rounds_before)


@cache
def zones() -> tuple[str, ...]:
    """The time zones to choose from: those that are named after a place, and UTC."""
    return (*sorted(name for name in time_zones() if "/" in name and not name.startswith("Etc/")), "UTC")
