"""The place for who may come in: organisers by key, holders of an unsubscribe link, providers by signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from standardwebhooks import Webhook, WebhookVerificationError

from services.notify.store.views import knows_key, pending
from shared.clock import Clock
from shared.errors import TablematesError, Unauthorised
from shared.links import Link, Links
from shared.organisers import Organisers
from shared.transaction import Runner, StoreUnavailable


class BouncesNotSetUp(TablematesError):
    """Reports of bounces are not set up here: set TABLEMATES_BOUNCE_SECRET to the secret of your mail provider."""

    code = "bounces_not_set_up"
    status = 501


class WrongSignature(Unauthorised):
    """The signature does not fit: the secret, the time or the body is another one."""

    code = "wrong_signature"


@dataclass(frozen=True, slots=True)
class Entrance:
    """What routes need: to run and read, to tell the time, and to know who asks."""

    run: Runner[Any]
    links: Links
    organisers: Organisers
    clock: Clock
    bounce_secret: str | None = None

    async def organiser(self, request: Request) -> None:
        """Lets organisers in. Raises Unauthorised."""
        fingerprint = self.organisers.signed_in(request, now=self.clock.now())
        if fingerprint is None:
            raise Unauthorised
        if not await self.run.read(knows_key, fingerprint):
            raise Unauthorised("This key is not known here, or it was revoked; ask for a new one.")

    def unsubscriber(self, token: str) -> Link:
        """The holder of an unsubscribe link. Raises LinkInvalid."""
        return self.links.read(token, "unsubscribe", now=self.clock.now())

    def signed(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body, if it is signed as Standard Webhooks has it. Raises BouncesNotSetUp or WrongSignature."""
        if self.bounce_secret is None:
            raise BouncesNotSetUp
        try:
            Webhook(self.bounce_secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            raise WrongSignature(f"The signature does not fit ({error}).") from None
        return body

    async def store_answers(self) -> str | None:
        """For /readyz: nothing, or what is wrong."""
        try:
            await self.run.read(pending)
        except StoreUnavailable as error:
            return error.sentence
        return None
