"""The place for the RSVP form: what its fields hold, read from what was typed or from an RSVP that is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import FormData

from services.rsvp.domain.profiles import FieldRefused, Place, Profile
from services.rsvp.domain.rsvps import SHAREABLE, SHARED_UNLESS_SAID, Rsvp, Told

LISTS = ("interests", "asks", "offers")
TEXTS = (
    "name",
    "email",
    "guests",
    "role",
    "employer",
    "stage",
    "pace",
    "at_most",
    "reach",
    "city",
    "region",
    "country",
    "tip",
)
FIELDS_MOST = 200
PART_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class RsvpForm:
    """What stands in the form: texts by field, lists as they are typed (an entry a line), and what is ticked."""

    texts: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys((*TEXTS, *LISTS, "languages"), ""))
    goals: tuple[str, ...] = ()
    introductions: str = "no"
    """yes, no, or ask: who was put on a list stays asked first until they choose."""
    share: tuple[str, ...] = SHARED_UNLESS_SAID

    def told(self) -> Told:
        """Raises FieldRefused."""
        return Told(
            name=self.texts["name"],
            guests=self._number("guests") or 0,
            introductions=self.introductions == "yes",
            share=self.share if self.introductions == "yes" else (),
            profile=self.profile(),
        )

    def changes(self) -> dict[str, Any]:
        """What a holder's form changes: all that it shows."""
        profile, yes = self.profile(), self.introductions == "yes"
        chosen = {"introductions": yes, "share": self.share if yes else ()} if self.introductions != "ask" else {}
        return {
            "name": self.texts["name"],
            "guests": self._number("guests") or 0,
            **chosen,
            "profile": {name: getattr(profile, name) for name in PROFILE_FIELDS},
        }

    def profile(self) -> Profile:
        texts: dict[str, Any] = {name: self.texts[name] or None for name in ("role", "employer", "stage", "tip")}
        chosen: dict[str, Any] = {name: self.texts[name] or None for name in ("pace", "reach")}
        lists: dict[str, Any] = {name: _lines(self.texts[name]) for name in LISTS}
        languages = tuple(filter(None, (one.strip() for one in self.texts["languages"].split(","))))
        place = Place(**{part: self.texts[part] or None for part in ("city", "region", "country")})
        chosen["at_most"] = self._number("at_most", blank=None)
        return Profile(**texts, **chosen, **lists, goals=self.goals, languages=languages, place=place)

    def _number(self, name: str, *, blank: int | None = 0) -> int | None:
        text = self.texts[name].strip()
        if not text:
            return blank
        if not text.isdecimal() or len(text) > 3:
            raise FieldRefused(name, "must be a whole number, like 1 or 2")
        return int(text)


PROFILE_FIELDS = (
    "role", "employer", "stage", "interests", "goals", "asks", "offers", "pace", "at_most", "reach", "place",
    "languages", "tip",
)  # fmt: skip


def typed(form: FormData) -> RsvpForm:
    """The form as somebody sent it."""
    texts = {name: _text(form, name) for name in (*TEXTS, *LISTS, "languages")}
    # A browser writes line breaks as CR LF whatever was typed.
    texts["tip"] = texts["tip"].replace("\r\n", "\n")
    return RsvpForm(
        texts=texts,
        goals=_ticked(form, "goals"),
        introductions=_text(form, "introductions") or "no",
        share=tuple(name for name in SHAREABLE if name in _ticked(form, "share")),
    )


def of_rsvp(rsvp: Rsvp) -> RsvpForm:
    """The form filled with what an RSVP says."""
    profile, place = rsvp.profile, rsvp.profile.place or Place()
    texts = {
        "name": rsvp.name,
        "email": rsvp.email,
        "guests": str(rsvp.guests),
        "at_most": str(profile.at_most or ""),
        **{name: getattr(profile, name) or "" for name in ("role", "employer", "stage", "pace", "reach", "tip")},
        **{name: "\n".join(getattr(profile, name)) for name in LISTS},
        **{part: getattr(place, part) or "" for part in ("city", "region", "country")},
        "languages": ", ".join(profile.languages),
    }
    share = rsvp.share if rsvp.introductions and not rsvp.asked_first else SHARED_UNLESS_SAID
    introductions = "ask" if rsvp.asked_first else "yes" if rsvp.introductions else "no"
    return RsvpForm(texts, profile.goals, introductions, share)


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _ticked(form: FormData, name: str) -> tuple[str, ...]:
    return tuple(value for value in form.getlist(name) if isinstance(value, str) and value)


def _lines(text: str) -> tuple[str, ...]:
    """One entry a line; blank lines say nothing."""
    return tuple(line for line in text.replace("\r\n", "\n").split("\n") if line.strip())
