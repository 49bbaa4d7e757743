"""The place for names as numbers: employers, places, roles and languages, the same name always the same number."""

from dataclasses import dataclass, field

from services.intro.domain.people import Person, Place
from services.intro.domain.words import plain

UNKNOWN = -1
_FORMS_OF_BUSINESS = frozenset({"inc", "llc", "ltd", "gmbh", "corp", "corporation", "company", "plc"})
_LANGUAGES = {
    "english": "en", "spanish": "es", "espanol": "es", "french": "fr", "francais": "fr", "german": "de",
    "deutsch": "de", "portuguese": "pt", "italian": "it", "dutch": "nl", "chinese": "zh", "mandarin": "zh",
    "japanese": "ja", "korean": "ko", "arabic": "ar", "russian": "ru", "polish": "pl", "vietnamese": "vi",
    "hindi": "hi", "tagalog": "tl", "ukrainian": "uk", "turkish": "tr", "swedish": "sv", "norwegian": "no",
    "danish": "da", "finnish": "fi", "hebrew": "he", "greek": "el", "farsi": "fa", "persian": "fa",
}  # fmt: skip
_MOST_LANGUAGES = 62


@dataclass(slots=True)
class Codes:
    """Grows as names are met. Two different names never get one number."""

    _numbers: dict[tuple[str, ...], int] = field(default_factory=dict)
    _languages: dict[str, int] = field(default_factory=dict)
    _employers: dict[str, int] = field(default_factory=dict)
    _roles: dict[str, int] = field(default_factory=dict)
    _places: dict[Place, tuple[int, int, int]] = field(default_factory=dict)

    def employer(self, name: str) -> int:
        """Known even when it is not shared: never introducing colleagues shows nothing."""
        found = self._employers.get(name)
        if found is None:
            words = [word for word in plain(name).split() if word not in _FORMS_OF_BUSINESS]
            found = self._employers[name] = self._number("employer", " ".join(words)) if words else UNKNOWN
        return found

    def role(self, person: Person) -> int:
        if "role" not in person.share or not person.role:
            return UNKNOWN
        found = self._roles.get(person.role)
        if found is None:
            text = plain(person.role)
            found = self._roles[person.role] = self._number("role", text) if text else UNKNOWN
        return found

    def place(self, person: Person) -> tuple[int, int, int]:
        """Country, region, city. A city is the same one only within the same region and country."""
        if "place" not in person.share:
            return UNKNOWN, UNKNOWN, UNKNOWN
        found = self._places.get(person.place)
        if found is None:
            found = self._places[person.place] = self._place(person.place)
        return found

    def languages(self, person: Person) -> int:
        """A bit for each; 0 for somebody who named none, who can talk to everybody."""
        if not person.languages:
            return 0
        bits = 0
        for name in person.languages[:16]:
            text = plain(name)
            primary = _LANGUAGES.get(text) or text.replace("-", " ").split(" ")[0]
            if primary:
                known = self._languages.setdefault(primary, len(self._languages))
                bits |= 1 << min(known, _MOST_LANGUAGES)
        return bits

    def _place(self, place: Place) -> tuple[int, int, int]:
        country, region, city = plain(place.country), plain(place.region), plain(place.city)
        return (
            self._number("country", country) if country else UNKNOWN,
            self._number("region", country, region) if region else UNKNOWN,
            self._number("city", country, region, city) if city else UNKNOWN,
        )

    def _number(self, *name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))
