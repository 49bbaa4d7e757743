"""The place for organisers' keys: how one looks, and what is kept of it."""

import hashlib
import random
from dataclasses import dataclass
from datetime import datetime

PREFIX = "tm_"
LABEL_MAX = 100
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class OrganiserKey:
    """What is known of a key: never the key itself."""

    id: str
    label: str
    sha256: str
    created_at: datetime
    revoked_at: datetime | None = None
    version: int = 1


def new_key(chance: random.Random) -> str:
    """40 letters and digits, 238 random bits, behind `tm_`."""
    return PREFIX + "".join(chance.choice(_LETTERS) for _ in range(40))


def digest(key: str) -> str:
    """What is stored and compared: the SHA-256 in hex. The key is random, so nothing slower is needed."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
