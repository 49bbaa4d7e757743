"""The place for personal links: signed, for one purpose and one holder, until they expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from itsdangerous import BadData, URLSafeSerializer

from shared.errors import TablematesError

Purpose = Literal["confirm", "my", "answer", "unsubscribe", "feedback"]
DEFAULT_EXPIRY = 2**31 - 1


class LinkInvalid(TablematesError):
    """This link is not one of ours, or it was cut off when it was copied; open it from the mail itself."""

    code = "link_invalid"
    status = 404


class LinkExpired(TablematesError):
    """This link has expired; RSVP again with the same address and a fresh one is sent to it."""

    code = "link_expired"
    status = 410


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: its purpose, its holder (an attendee), the gathering, and what it is about."""

    purpose: Purpose
    attendee_id: str
    gathering_id: str = ""
    reference: str = ""
    expires_at: datetime | None = None


class Links:
    """Signs and reads links. The first key signs; every key is accepted, so keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        # itsdangerous signs with the last key of its list and accepts all
        self._serializer = URLSafeSerializer(list(reversed(keys)), salt="tablemates.link.v1")

    def sign(self, link: Link) -> str:
        """The token; the same link gives the same token, so that a mail sent again has the same bytes."""
        expiry = int(link.expires_at.timestamp()) if link.expires_at else DEFAULT_EXPIRY
        signed = self._serializer.dumps([link.purpose, link.attendee_id, link.gathering_id, link.reference, expiry])
        return str(signed)

    def read(self, token: str, *purposes: Purpose, now: datetime) -> Link:
        """The link in a token of one of these purposes. Raises LinkInvalid or LinkExpired."""
        try:
            purpose, attendee_id, gathering_id, reference, expiry = self._serializer.loads(token)
        except (BadData, ValueError, TypeError):
            raise LinkInvalid from None
        if purpose not in purposes:
            raise LinkInvalid("This link is for something else; open the one in the mail that speaks of this.")
        if now.timestamp() > expiry:
            raise LinkExpired
        expires_at = None if expiry == DEFAULT_EXPIRY else datetime.fromtimestamp(expiry, UTC)
        return Link(purpose, attendee_id, gathering_id, reference, expires_at)
