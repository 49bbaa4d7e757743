"""The place for who may come in: organisers by key or cookie, attendees by their personal links, anybody in measure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from services.rsvp.adapters.limits import ClientLimit
from services.rsvp.store.views import alive, valid_key
from shared.clock import Clock
from shared.errors import Unauthorised
from shared.links import Link, Links, Purpose
from shared.organisers import Organisers, fingerprint
from shared.transaction import Runner, StoreUnavailable
from shared.web import bearer

HOLDER: Sequence[Purpose] = ("my", "confirm")


@dataclass(frozen=True, slots=True)
class Entrance:
    """What routes need: to run and read, to tell the time, and to know who asks."""

    run: Runner[Any]
    links: Links
    organisers: Organisers
    clock: Clock
    limit: ClientLimit
    public_url: str

    async def organiser(self, request: Request) -> None:
        """Lets organisers in. Raises Unauthorised."""
        known = self.organisers.signed_in(request, now=self.clock.now())
        if known is None:
            raise Unauthorised
        if not await self.run.read(valid_key, sha256=known):
            raise Unauthorised("This key is not known here, or it was revoked; ask for a new one.")

    async def is_key(self, key: str) -> bool:
        """Whether this is an organiser's key that may be used."""
        return bool(await self.run.read(valid_key, sha256=fingerprint(key)))

    async def holder(self, request: Request) -> Link:
        """The link that an attendee's program shows. Raises Unauthorised, LinkInvalid, LinkExpired."""
        return self.link(bearer(request))

    def link(self, token: str) -> Link:
        """Whoever has it received it at the address. Raises LinkInvalid or LinkExpired."""
        return self.links.read(token, *HOLDER, now=self.clock.now())

    def in_measure(self, request: Request) -> None:
        """Raises TooManyRequests."""
        self.limit.check(request.client.host if request.client else None)

    async def store_answers(self) -> str | None:
        """For /readyz: nothing, or what is wrong. The broker is not asked: RSVPs are taken without it."""
        try:
            await self.run.read(alive)
        except StoreUnavailable as error:
            return error.sentence
        return None
