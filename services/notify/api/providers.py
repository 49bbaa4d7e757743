"""The place for what mail providers tell over HTTP: bounces, complaints, deliveries, each one signed."""

import base64
import binascii
import json
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notify.domain.bounces import read_report
from services.notify.entrance import Entrance
from services.notify.handlers.bounces import Report, note_report
from shared.errors import InvalidInput
from shared.web import body_within

Reported = Literal["hard_bounce", "soft_bounce", "complaint", "delivered", "refused"]
_KEY = re.compile(r"<?([a-z]+(?:\.[a-z]+)*\.[0-9a-f]{32})(?:@[^<>]*)?>?")
_MOST = 512 * 1024


class BounceReport(BaseModel):
    """Either the message that came back (`message`, or `message_base64` when it is not UTF-8), or what it says."""

    model_config = ConfigDict(extra="forbid")

    message: Annotated[str, Field(max_length=_MOST)] | None = None
    message_base64: Annotated[str, Field(max_length=_MOST)] | None = None
    event: Reported | None = None
    email: Annotated[str, Field(max_length=320)] | None = None
    message_id: Annotated[str, Field(max_length=500)] | None = None


class BounceNoted(BaseModel):
    """What was understood, and how many addresses get no more mail by it."""

    event: Report
    suppressed: int


def providers_api(entrance: Entrance) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["bounces"])

    @router.post(
        "/bounces",
        operation_id="reportBounce",
        summary="A bounce, complaint or delivery, signed as Standard Webhooks has it",
        openapi_extra={"requestBody": {"content": {"application/json": {"schema": BounceReport.model_json_schema()}}}},
    )
    async def bounce(request: Request) -> BounceNoted:
        """Idempotent: the same report twice changes nothing more."""
        body = entrance.signed(await body_within(request), request.headers)
        event, addresses, keys = _understood(_parsed(body))
        suppressed = await entrance.run(note_report, event, addresses=addresses, message_keys=keys)
        return BounceNoted(event=event, suppressed=suppressed)

    return router


def _parsed(body: bytes) -> BounceReport:
    try:
        return BounceReport.model_validate(json.loads(body))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)[:5])
        raise InvalidInput(f"The report could not be read: {wrong}") from None
    except ValueError:
        raise InvalidInput("The body is not JSON.") from None


def _understood(report: BounceReport) -> tuple[Report, tuple[str, ...], tuple[str, ...]]:
    if report.event is not None:
        found = _KEY.fullmatch((report.message_id or "").strip())
        return report.event, (report.email,) if report.email else (), (found.group(1),) if found else ()
    if report.message is None and report.message_base64 is None:
        raise InvalidInput("A report needs `event` with `email` or `message_id`, or the whole `message`.")
    read = read_report(_raw(report))
    return read.verdict, read.addresses, read.message_keys


def _raw(report: BounceReport) -> bytes:
    if report.message is not None:
        return report.message.encode("utf-8", "replace")
    try:
        return base64.b64decode(report.message_base64 or "", validate=True)
    except binascii.Error:
        raise InvalidInput("message_base64 is not base64.") from None
