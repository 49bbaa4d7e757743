"""The place for who is matched and by which rules: a person as matching sees them, and what the organiser chose.

A `Person` carries only what they told us. Fields that are not in `share` never count and are never shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Pace = Literal["quiet", "balanced", "outgoing"]
Reach = Literal["local", "region", "country", "anywhere"]
Mode = Literal["in_person", "virtual", "either"]
Stage = Literal["student", "new", "changing_career", "experienced", "retired"]
Side = Literal["mentor", "mentee"]
Kind = Literal["happy_hour", "conference", "meeting", "roundtable", "mentorship", "discussion"]
Format = Literal["in_person", "virtual", "hybrid"]
Tables = Literal["none", "outgoing", "everybody"]

SHAREABLE = frozenset(
    {
        "role",
        "employer",
        "stage",
        "interests",
        "goals",
        "asks",
        "offers",
        "pace",
        "place",
        "mentor",
        "newcomer",
        "languages",
    }
)
MOST_PLACES = 6
"""Nobody is given more introductions than this, whatever the organiser or the person writes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody is. Empty strings are unknown; a city alone is compared by its name."""

    city: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One attendee as a round sees them.

    `capacity` overrides what pace and the organiser's number would give; `at_most` is the person's own limit (a
    popular person's, a mentor's load). `weights` are multipliers by component name that feedback has learnt. `had`
    counts introductions so far in the series. `asked_first` says that this person must be asked before their name is
    passed on.
    """

    id: str
    name: str
    email: str = ""
    role: str = ""
    employer: str = ""
    stage: Stage | None = None
    interests: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    pace: Pace | None = None
    reach: Reach | None = None
    place: Place = field(default_factory=Place)
    languages: tuple[str, ...] = ()
    mode: Mode | None = None
    capacity: int | None = None
    at_most: int | None = None
    newcomer: bool = False
    welcomer: bool = False
    mentor: Side | None = None
    consent: bool = True
    coming: bool = True
    asked_first: bool = False
    share: frozenset[str] = SHAREABLE
    weights: Mapping[str, float] | None = None
    had: int = 0

    @property
    def takes_part(self) -> bool:
        return self.consent and self.coming


@dataclass(frozen=True, slots=True)
class Rules:
    """What the organiser chose for this gathering's introductions.

    `gathering` and `seed` break ties and nothing else. `vocabulary` adds the organiser's own words, each
    with the words that mean the same. `tips` are approved ones only. `explain=False` leaves sentences out,
    for measurements.
    """

    gathering: str = ""
    title: str = ""
    kind: Kind = "conference"
    format: Format = "in_person"
    per_person: int = 3
    allow_same_employer: bool = False
    seed: int = 0
    hold_back: bool = False
    tables: Tables | None = None
    table_size: int = 4
    trio_for_the_odd_one: bool | None = None
    tips: tuple[str, ...] = ()
    vocabulary: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exact_up_to: int = 2000
    explain: bool = True

    @property
    def seating(self) -> Tables:
        """Who sits at tables: as the organiser said, else everybody but the quiet at a happy hour."""
        if self.tables is not None:
            return self.tables
        return "everybody" if self.kind == "happy_hour" else "none"
