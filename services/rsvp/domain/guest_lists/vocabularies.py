"""The place for the words in which people state their pace, reach and home, read into ours."""

import re

from services.rsvp.domain.profiles import Pace, Place, Reach

_PACES: tuple[tuple[Pace, str], ...] = (
    ("balanced", r"\b(balanced|ambivert|in between|a bit of both|both|medium|somewhere in the middle|depends)\b"),
    ("quiet", r"\b(quiet|quieter|introver\w*|shy|slow|gentle|one (to|on) one|calm|small groups?)\b"),
    ("outgoing", r"\b(outgoing|extr[ao]ver\w*|social|fast|lively|energetic|as many as possible)\b"),
)
_REACHES: tuple[tuple[Reach, str], ...] = (
    ("anywhere", r"\b(anywhere|worldwide|global(ly)?|international(ly)?|everywhere|any distance|online)\b"),
    ("country", r"\b(country|national(ly)?|nationwide|nation)\b"),
    ("region", r"\b(region|regional(ly)?|state|province|county)\b"),
    ("local", r"\b(local(ly)?|city|town|near(by)?|neighbou?rhood)\b"),
)
_PART_OF_A_COUNTRY = re.compile(
    r"A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
    r"|PR|GU|VI|AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT"
)


def pace_in(cell: str) -> Pace | None:
    """The pace that somebody's words mean; None when they do not say."""
    return next((pace for pace, words in _PACES if re.search(words, cell.casefold().replace("-", " "))), None)


def reach_in(cell: str) -> Reach | None:
    """The reach that somebody's words mean; None when they do not say."""
    return next((reach for reach, words in _REACHES if re.search(words, cell.casefold())), None)


def place_in(cell: str) -> Place:
    """`Asheville`, `Asheville, NC`, `Asheville, NC, US` or `Lyon, France` as a place."""
    parts = [part.strip() for part in cell.split(",") if part.strip()][-3:]
    if len(parts) == 2 and not _PART_OF_A_COUNTRY.fullmatch(parts[1]):
        return Place(city=parts[0], country=parts[1])
    city, region, country, *_ = (*parts, None, None, None)
    return Place(city=city, region=region, country=country)
