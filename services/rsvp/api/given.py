"""The place for what clients send: every field bounded, unknown ones refused by name."""

import hashlib
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic_core import to_json

from services.rsvp.domain import gatherings, profiles
from services.rsvp.domain.gatherings import Format, IntroductionRules, Kind, Mode, Venue
from services.rsvp.domain.profiles import Pace, Place, Profile, Reach
from services.rsvp.domain.rsvps import Response, Told

Text = Annotated[str, Field(max_length=profiles.TEXT_MAX)]
Items = Annotated[list[Annotated[str, Field(max_length=profiles.ITEM_MAX)]], Field(max_length=profiles.ITEMS_MAX)]
Shareable = Literal[
    "role", "employer", "stage", "interests", "goals", "asks", "offers", "pace", "place", "languages", "tip", "name"
]
Words = Annotated[list[Annotated[str, Field(max_length=gatherings.WORD_MAX)]], Field(max_length=gatherings.ALIASES_MAX)]
Question = Annotated[str, Field(max_length=profiles.QUESTION_MAX)]
Answer = Annotated[str, Field(max_length=profiles.ANSWER_MAX)]


class Given(BaseModel):
    """A request's body, taken literally: no text for a number, no field that we do not know."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PlaceGiven(Given):
    city: Text | None = Field(default=None, examples=["Asheville"])
    region: Text | None = Field(default=None, examples=["NC"])
    country: Text | None = Field(default=None, examples=["US"])


class ProfileGiven(Given):
    """What a person tells about themselves; every field may be left out."""

    role: Text | None = Field(default=None, examples=["Cataloguer"])
    employer: Text | None = Field(default=None, examples=["Ridge County Library"])
    stage: Text | None = Field(
        default=None, description="student, new, changing_career, experienced or retired; or in their own words."
    )
    interests: Items = Field(default=[], examples=[["metadata", "zines", "trail running"]])
    goals: Items = Field(default=[], description="What they want from meeting people.", examples=[["learn"]])
    asks: Items = Field(default=[], description="What they would like help or talk with.")
    offers: Items = Field(default=[], description="What they can help or talk with.")
    pace: Pace | None = Field(default=None, description="How many introductions, how early, one to one or at a table.")
    reach: Reach | None = Field(default=None, description="From how far away the people they meet may be.")
    place: PlaceGiven | None = None
    languages: Items = Field(default=[], examples=[["en"]])
    at_most: int | None = Field(
        default=None,
        ge=1,
        le=profiles.AT_MOST_MAX,
        description="How many introductions at most; of a mentor at a mentorship, how many mentees they take on.",
    )
    tip: Annotated[str, Field(max_length=profiles.TIP_MAX)] | None = Field(
        default=None, description="A tip for others on meeting people; shown once an organiser approved it."
    )

    @model_serializer(mode="wrap")
    def _shown(self, shown: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What was there from the first is shown whatever it is; what came later only where somebody uses it."""
        said: dict[str, Any] = shown(self)
        return {name: value for name, value in said.items() if name != "at_most" or value is not None}

    def told(self, *, only: set[str] | None = None) -> dict[str, Any]:
        """The fields as the domain has them; `only` some of them."""
        said = self.__dict__ if only is None else {name: self.__dict__[name] for name in only}
        lists = {name: tuple(said[name]) for name in profiles.LIST_FIELDS if name in said}
        place = said.get("place")
        placed = {"place": Place(place.city, place.region, place.country)} if place else {}
        return {**said, **lists, **placed}


class RsvpGiven(Given):
    """An answer to an invitation."""

    email: str = Field(min_length=1, max_length=1_000, examples=["dana@example.org"])
    name: Annotated[str, Field(max_length=profiles.NAME_MAX)] = Field(default="", examples=["Dana Reyes"])
    response: Response = "going"
    guests: int = Field(default=0, ge=0, le=profiles.GUESTS_MAX, description="People who come along.")
    introductions: bool = Field(default=False, description="Consent to be introduced to others who are going.")
    share: list[Shareable] | None = Field(
        default=None,
        max_length=40,
        description="Profile fields that people one is introduced to may see. Left out, it is all of them for who "
        "wants introductions, and none for who does not. `name` is never meant unless it is said: it lets the name "
        "stand in the organiser's drawing of who meets whom.",
    )
    profile: ProfileGiven = ProfileGiven()
    answers: dict[Question, Answer] = Field(
        default={}, max_length=profiles.ANSWERS_MAX, description="Answers to the organiser's own questions."
    )

    def digest(self) -> str:
        """SHA-256 in hex; equal for every way to write the same RSVP in JSON."""
        said = {**self.__dict__, "profile": self.profile.__dict__, "answers": sorted(self.answers.items())}
        return hashlib.sha256(to_json(said)).hexdigest()

    def told(self) -> Told:
        """Raises FieldRefused."""
        return Told(
            name=self.name,
            response=self.response,
            guests=self.guests,
            introductions=self.introductions,
            share=None if self.share is None else tuple(self.share),
            profile=Profile(**self.profile.told()),
            answers=self.answers,
        )


class RsvpChanges(Given):
    """What to change; fields that are left out stay. In `profile` too, and null clears a field there."""

    name: Annotated[str, Field(max_length=profiles.NAME_MAX)] = ""
    response: Response = Field(default="going", description="`going` again, or `declined`.")
    guests: int = Field(default=0, ge=0, le=profiles.GUESTS_MAX)
    introductions: bool = False
    share: list[Shareable] | None = Field(default=None, max_length=40)
    profile: ProfileGiven = ProfileGiven()
    answers: dict[Question, Answer] = Field(default={}, max_length=profiles.ANSWERS_MAX)

    def changes(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.model_fields_set}
        if "share" in found and found["share"] is not None:
            found["share"] = tuple(found["share"])
        if "profile" in found:
            found["profile"] = self.profile.told(only=self.profile.model_fields_set)
        return found


class VenueGiven(Given):
    name: Text | None = Field(default=None, examples=["The Lantern Room"])
    city: Text | None = Field(default=None, examples=["Asheville"])
    region: Text | None = Field(default=None, examples=["NC"])
    country: Text | None = Field(default=None, examples=["US"])


class RulesGiven(Given):
    """How introductions work at a gathering."""

    mode: Mode = Field(
        default="ask",
        description="`ask` both first, introduce `direct`ly who consented at RSVP time, or `none` at all.",
    )
    per_person: int = Field(default=3, ge=1, le=gatherings.PER_PERSON_MAX)
    rounds_before: list[Annotated[str, Field(max_length=20)]] = Field(
        default=["P3D", "PT20H"],
        max_length=gatherings.ROUNDS_MAX,
        description="When everybody is matched together: ISO 8601 durations before the start.",
    )
    allow_same_employer: bool = Field(default=False, description="Whether colleagues may be introduced.")
    tables: bool = Field(default=False, description="Whether outgoing people may meet at tables of three to five.")
    vocabulary: dict[Annotated[str, Field(max_length=gatherings.WORD_MAX)], Words] = Field(
        default={},
        max_length=gatherings.CONCEPTS_MAX,
        description="Words of this community with others that mean the same; they add to the built-in ones, and win.",
        examples=[{"one book one county": ["Ridge Reads", "OBOC"]}],
    )

    def rules(self, *, only: set[str] | None = None) -> dict[str, Any]:
        names = self.__class__.model_fields if only is None else only
        return {name: _told(value) for name, value in self.__dict__.items() if name in names}


class GatheringFields(Given):
    place: VenueGiven | None = Field(default=None, description="Where people meet.")
    join_url: Annotated[str, Field(max_length=gatherings.URL_MAX)] | None = Field(
        default=None,
        description="Where people meet online. It may follow later; only people who are going are shown it.",
        examples=["https://meet.example.org/quiet-tables"],
    )
    capacity: int | None = Field(
        default=None, ge=1, le=gatherings.CAPACITY_MAX, description="Places, guests included; null is no limit."
    )
    waiting_list: bool = True
    rsvp_closes_at: Annotated[AwareDatetime, Field(strict=False)] | None = Field(
        default=None, description="From then on nobody can RSVP; null is until the gathering ends."
    )
    confirm_addresses: bool = Field(default=True, description="Whether RSVPs wait for their address to be confirmed.")
    introductions: RulesGiven = RulesGiven()
    description: Annotated[str, Field(max_length=gatherings.DESCRIPTION_MAX)] = ""

    def fields(self) -> dict[str, Any]:
        """What was given, as the domain has it."""
        found = {name: getattr(self, name) for name in self.model_fields_set}
        if found.get("place") is not None:
            found["place"] = Venue(**found["place"].model_dump())
        if "introductions" in found:
            found["introductions"] = found["introductions"].rules(only=found["introductions"].model_fields_set)
        return found


class GatheringGiven(GatheringFields):
    """A new gathering."""

    title: Annotated[str, Field(min_length=1, max_length=gatherings.TITLE_MAX)] = Field(examples=["Quiet Tables"])
    kind: Kind
    format: Format
    starts_at: Annotated[AwareDatetime, Field(strict=False)] = Field(examples=["2027-09-20T18:00:00-04:00"])
    ends_at: Annotated[AwareDatetime, Field(strict=False)] = Field(examples=["2027-09-20T21:00:00-04:00"])
    timezone: Annotated[str, Field(max_length=64)] = Field(examples=["America/New_York"], description="An IANA name.")

    def fields(self) -> dict[str, Any]:
        found = super().fields()
        return found | {"introductions": IntroductionRules(**found.get("introductions", {}))}


class GatheringChanges(GatheringFields):
    """What to change; fields that are left out stay, in `introductions` too. Null clears where it is allowed."""

    title: Annotated[str, Field(min_length=1, max_length=gatherings.TITLE_MAX)] = ""
    kind: Kind = "meeting"
    format: Format = "in_person"
    starts_at: Annotated[AwareDatetime, Field(strict=False)] = None  # type: ignore[assignment]  # never read unless set
    ends_at: Annotated[AwareDatetime, Field(strict=False)] = None  # type: ignore[assignment]  # never read unless set
    timezone: Annotated[str, Field(max_length=64)] = ""


class Cancellation(Given):
    reason: Text = Field(default="", description="What people who RSVPed are told.")


class CheckIn(Given):
    """Who was seen at the door: one of `email` and `rsvp_id`."""

    email: str = Field(default="", max_length=1_000)
    rsvp_id: str = Field(default="", max_length=64)
    checked_in: bool = Field(default=True, description="False takes it back.")


class TipApproval(Given):
    approved: bool = True


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return {word: tuple(same) for word, same in value.items()}
    return tuple(value) if isinstance(value, list) else value
