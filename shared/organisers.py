"""The place for how organisers show who they are: a key as a bearer, or the cookie that signing in with it gave."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from fastapi import Request
from itsdangerous import BadData, URLSafeSerializer

COOKIE = "tablemates_organiser"
SIGNED_IN_FOR = timedelta(hours=12)


def fingerprint(key: str) -> str:
    """The SHA-256 of an organiser's key, in hex: what travels and is stored in place of the key."""
    return sha256(key.strip().encode()).hexdigest()


class Organisers:
    """Signs and reads the cookie: the fingerprint of a key, until a time. Whether it still holds is asked apart."""

    def __init__(self, keys: Sequence[str]) -> None:
        # itsdangerous signs with the last key of its list and accepts all
        self._serializer = URLSafeSerializer(list(reversed(keys)), salt="tablemates.organiser.v1")

    def cookie(self, key: str, *, now: datetime) -> str:
        """The cookie's value for whoever signs in with this key."""
        return str(self._serializer.dumps([fingerprint(key), int((now + SIGNED_IN_FOR).timestamp())]))

    def signed_in(self, request: Request, *, now: datetime) -> str | None:
        """The key's fingerprint from the bearer or the cookie; None where there is neither, or it has expired."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            return fingerprint(token)
        try:
            known, until = self._serializer.loads(request.cookies.get(COOKIE, ""))
        except (BadData, ValueError, TypeError):
            return None
        return str(known) if now.timestamp() <= until else None
