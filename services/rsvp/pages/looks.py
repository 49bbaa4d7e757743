"""The place for the rsvp service's templates, and for the words in which its pages say what the code calls things."""

from pathlib import Path
from typing import Any

from services.rsvp.domain.gatherings import Gathering
from services.rsvp.domain.profiles import AT_MOST_MAX
from shared.calendar import place_in_words
from shared.pages import Pages

KINDS = {
    "happy_hour": "Happy hour",
    "conference": "Conference",
    "meeting": "Meeting",
    "roundtable": "Roundtable",
    "mentorship": "Mentorship",
    "discussion": "Discussion",
}
FORMATS = {"in_person": "In person", "virtual": "Online", "hybrid": "In person and online"}
MODES = {
    "ask": ("Ask both first", "Each of the two is asked; only when both say yes do they hear of each other's address."),
    "direct": ("Introduce directly", "Who asked for introductions with their RSVP is introduced without asking again."),
    "none": ("No introductions", "RSVPs only."),
}
ROUNDS = {"P7D": "A week before", "P3D": "Three days before", "PT20H": "The day before", "PT2H": "Two hours before"}
PACES = {
    "quiet": ("Quietly", "A few people, one at a time, and time to get used to the idea."),
    "balanced": ("A bit of both", "Some introductions, mostly one to one."),
    "outgoing": ("The more the merrier", "Many introductions, and a table with several people is welcome."),
}
COUNTS = {str(number): str(number) for number in range(1, AT_MOST_MAX + 1)}
REACHES = {"local": "My town", "region": "My region or state", "country": "My country", "anywhere": "Anywhere"}
STAGES = {
    "student": "Student",
    "new": "New to this line of work",
    "changing_career": "Changing careers",
    "experienced": "Experienced",
    "retired": "Retired",
}
GOALS = {
    "friendship": "Friendship",
    "learn": "Learn from others",
    "career": "Work, or a new direction",
    "mentor": "A mentor, or to be one",
    "community": "People like me",
    "collaborate": "Somebody to work with on something",
}
SHARED = {
    "role": "What I do",
    "employer": "Where I work",
    "stage": "Where I am in my working life",
    "interests": "What I am interested in",
    "goals": "What I hope for",
    "asks": "What I would like help with",
    "offers": "What I can help with",
    "pace": "How I like to meet people",
    "place": "Where I live",
    "languages": "Languages I speak",
    "tip": "My tip, once the organiser has read it",
    "name": "My name, in the picture of who meets whom that the organiser may hang up",
}
STATUSES = {
    "going": "Going",
    "waitlisted": "Waiting list",
    "pending": "Not confirmed",
    "declined": "Declined",
    "cancelled": "Cancelled",
}


def where(gathering: Gathering) -> str:
    """`The Lantern Room, Asheville, NC, US`, or `Online`."""
    place = gathering.place
    words = place_in_words((place.name, place.city, place.region, place.country)) if place else ""
    return words or ("Online" if gathering.format == "virtual" else "The place will be announced")


def places_left(gathering: Gathering) -> str:
    """What a visitor is told of capacity; nothing where there is no limit or plenty."""
    free = gathering.room.free
    if free is None or (gathering.capacity and free > max(10, gathering.capacity // 4)):
        return ""
    if free > 0:
        return "One place left" if free == 1 else f"{free} places left"
    return "Full: you would be on the waiting list" if gathering.waiting_list else "Full"


WORDS: dict[str, Any] = {
    "kinds": KINDS,
    "formats": FORMATS,
    "modes": MODES,
    "rounds": ROUNDS,
    "paces": PACES,
    "counts": COUNTS,
    "reaches": REACHES,
    "stages": STAGES,
    "all_goals": GOALS,
    "shared": SHARED,
    "statuses": STATUSES,
    "where": where,
    "places_left": places_left,
}
PAGES = Pages(Path(__file__).parent, WORDS)
