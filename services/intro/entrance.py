"""The place for who may come in: organisers by key or cookie, attendees by their personal links."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from services.intro.matchmaking import Matchmaker
from services.intro.store.views import knows_key, pending
from shared.clock import Clock
from shared.errors import Unauthorised
from shared.links import Link, Links, Purpose
from shared.organisers import Organisers
from shared.transaction import Runner, StoreUnavailable
from shared.web import bearer

ATTENDEE: Sequence[Purpose] = ("my", "answer", "feedback")


@dataclass(frozen=True, slots=True)
class Entrance:
    """What routes need: to run and read, to match, to tell the time, and to know who asks."""

    run: Runner[Any]
    matchmaker: Matchmaker
    links: Links
    organisers: Organisers
    clock: Clock

    async def organiser(self, request: Request) -> None:
        """Lets organisers in. Raises Unauthorised."""
        fingerprint = self.organisers.signed_in(request, now=self.clock.now())
        if fingerprint is None:
            raise Unauthorised
        if not await self.run.read(knows_key, fingerprint):
            raise Unauthorised("This key is not known here, or it was revoked; ask for a new one.")

    async def holder(self, request: Request) -> Link:
        """The link that an attendee's program shows. Raises Unauthorised, LinkInvalid, LinkExpired."""
        return self.link(bearer(request))

    def link(self, token: str) -> Link:
        """Raises LinkInvalid or LinkExpired."""
        return self.links.read(token, *ATTENDEE, now=self.clock.now())

    async def store_answers(self) -> str | None:
        """For /readyz: nothing, or what is wrong."""
        try:
            await self.run.read(pending)
        except StoreUnavailable as error:
            return error.sentence
        return None
