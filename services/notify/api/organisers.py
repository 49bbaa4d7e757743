"""The place for what organisers ask over HTTP: which mails went out about their gathering, and how."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from services.notify.domain.kinds import Kind
from services.notify.entrance import Entrance
from services.notify.store.views import delivery_log, gathering_named
from shared.errors import InvalidInput, NotFound
from shared.paging import MOST, key_of, page

State = Literal["pending", "sending", "sent", "retry", "failed", "unknown", "superseded"]


class Recipient(BaseModel):
    """Whom a mail was written to; empty for somebody who was erased."""

    id: str
    name: str
    email: str


class MessageShown(BaseModel):
    """One mail as the delivery log shows it. `attempts` counts the hand-overs to the mail host."""

    id: str = Field(description="Stands in the Message-ID, before the @.")
    kind: Kind
    attendee: Recipient
    state: State
    created_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime | None
    attempts: int
    last_error: str


class MessagePage(BaseModel):
    """`next` is the `cursor` of the following page, null on the last."""

    items: list[MessageShown]
    next: str | None


def organisers_api(entrance: Entrance) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["messages"], dependencies=[Depends(entrance.organiser)])

    @router.get("/gatherings/{gathering_id}/messages", operation_id="listMessages", summary="The delivery log")
    async def messages(
        gathering_id: Annotated[str, Path(max_length=100, description="The gathering's id or slug.")],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        state: State | None = None,
        kind: Kind | None = None,
    ) -> MessagePage:
        """Every mail about a gathering in the order in which it was written, with its state and last error."""
        gathering = await entrance.run.read(gathering_named, gathering_id)
        if gathering is None:
            raise NotFound("There is no gathering by that name; perhaps the address was cut off.")
        rows = await entrance.run.read(
            delivery_log, gathering, after=_number(cursor), limit=limit, state=state, kind=kind
        )
        paged = page(rows, limit=limit, key=lambda row: str(row["number"]))
        return MessagePage(items=[_shown(row) for row in paged["items"]], next=paged["next"])

    return router


def _number(cursor: str | None) -> int:
    key = key_of(cursor)
    if key and not (key.isascii() and key.isdigit() and len(key) < 19):
        raise InvalidInput("The cursor is not one of ours; take `next` from the answer before, or leave it out.")
    return int(key or 0)


def _shown(row: dict[str, Any]) -> MessageShown:
    return MessageShown(
        id=row["key"],
        kind=row["kind"],
        attendee=Recipient(id=row["attendee_id"], name=row["name"], email=row["email"]),
        state=row["state"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        next_attempt_at=row["next_at"] if row["state"] in ("pending", "retry") else None,
        attempts=row["claims"],
        last_error=row["error"],
    )
