"""The place for the short name of a gathering in its address."""

import random
import re
import unicodedata

SLUG_MAX = 60
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def slug_of(title: str) -> str:
    """`Quiet Tables: Zürich` becomes `quiet-tables-zurich`; a title without Latin letters becomes `gathering`."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:SLUG_MAX]
        if len(longer) > SLUG_MAX:
            break
        slug = longer
    return slug if slug and not _AN_ID.fullmatch(slug) else "gathering"


def another(slug: str, chance: random.Random) -> str:
    """The slug with four letters behind it, for when somebody has it already."""
    return f"{slug}-{''.join(chance.choice(_LETTERS) for _ in range(4))}"


def is_an_id(reference: str) -> bool:
    """Whether a reference in a path is a gathering's id; else it is a slug."""
    return _AN_ID.fullmatch(reference) is not None
