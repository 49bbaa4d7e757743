"""The place for mails of which nobody knows whether they arrived, as operators see and settle them over HTTP."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from services.notify.entrance import Entrance
from services.notify.handlers.delivery import resolve_unknown
from services.notify.store.views import unknown_mails
from shared.elsewhere import check_same_site
from shared.operating import ANSWERS, LARGEST, OPEN, TAG


class MailInDoubt(BaseModel):
    """What is known of a mail that was handed over and never confirmed."""

    number: int
    key: str = Field(description="The local part of its Message-ID.")
    kind: str
    attendee_id: str
    gathering_id: str
    email: str
    created_at: datetime
    claims: int = Field(description="How often it was handed over.")
    error: str


class MailsInDoubt(BaseModel):
    items: list[MailInDoubt]


class Outcome(BaseModel):
    """What became of it."""

    model_config = ConfigDict(extra="forbid")

    arrived: bool = Field(description="False sends it again, with the same bytes.")


def operators_mail_api(entrance: Entrance) -> APIRouter:
    """Routes under /operate/mails; like the rest of /operate not public."""
    routes = APIRouter(prefix="/operate/mails", tags=[TAG], dependencies=[Depends(check_same_site)], responses=ANSWERS)

    async def in_doubt() -> MailsInDoubt:
        found = await entrance.run.read(unknown_mails)
        return MailsInDoubt(items=[MailInDoubt.model_validate(mail) for mail in found])

    @routes.get("/unknown", summary="List mails in doubt", openapi_extra=OPEN)
    async def listed() -> MailsInDoubt:
        """Oldest first, with what is known."""
        return await in_doubt()

    @routes.post("/{number}/resolve", summary="Settle a mail in doubt", openapi_extra=OPEN)
    async def resolve(number: Annotated[int, Path(ge=0, le=LARGEST)], given: Outcome) -> MailsInDoubt:
        """It arrived, or it goes out again. Answers what is left."""
        await entrance.run(resolve_unknown, number, given.arrived)
        return await in_doubt()

    return routes
