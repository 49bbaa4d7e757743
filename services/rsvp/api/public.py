"""The place for what anybody does over HTTP: RSVP to a gathering."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Request, status

from services.rsvp.api.direct import IDEMPOTENCY_KEY_MAX, REFERENCE_MAX, Answer
from services.rsvp.api.given import RsvpGiven
from services.rsvp.api.problems import problems
from services.rsvp.api.shown import RsvpReceived
from services.rsvp.domain.addresses import read_address
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.rsvps import Once, answer_rsvp

Reference = Annotated[str, Path(max_length=REFERENCE_MAX, description="The gathering's id or slug.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=IDEMPOTENCY_KEY_MAX,
        description="A client that repeats a request with the same key and body gets the same answer and one effect.",
    ),
]


def answering(entrance: Entrance) -> Answer:
    """What an RSVP of anybody does, whichever way it came in."""

    async def answer(reference: str, given: RsvpGiven, *, client: str | None, key: str | None) -> dict[str, Any]:
        entrance.limit.check(client)
        return await _answer(entrance, reference, given, by="attendee", key=key)

    return answer


async def _answer(
    entrance: Entrance, reference: str, given: RsvpGiven, *, by: Literal["attendee", "organiser"], key: str | None
) -> dict[str, Any]:
    address, told = read_address(given.email), given.told()
    once = Once(key, given.digest()) if key else None
    received = await entrance.run(answer_rsvp, reference, address, told, by=by, once=once)
    return {"id": received.id, "status": received.status}


def public_api(entrance: Entrance) -> APIRouter:
    """POST /api/v1/gatherings/{id}/rsvps."""
    routes = APIRouter(prefix="/api/v1/gatherings/{gathering_id}", tags=["anybody"])

    @routes.post(
        "/rsvps",
        status_code=status.HTTP_201_CREATED,
        response_model=RsvpReceived,
        summary="RSVP to a gathering",
        responses=problems(400, 401, 404, 409, 413, 422, 429),
        openapi_extra={"security": [{}, {"key": []}]},
    )
    async def rsvp(
        gathering_id: Reference, given: RsvpGiven, request: Request, idempotency_key: IdempotencyKey = None
    ) -> Any:
        """From the public an RSVP is `pending` until its address is confirmed by the link in the mail, where the
        gathering asks for that; with an organiser's key it is `going` or `waitlisted` at once.

        The same address again is not an error and shows nothing about the first RSVP: it changes nothing, and the
        owner of the address is mailed a personal link.
        """
        if "authorization" in request.headers:
            await entrance.organiser(request)
            return await _answer(entrance, gathering_id, given, by="organiser", key=idempotency_key)
        entrance.in_measure(request)
        return await _answer(entrance, gathering_id, given, by="attendee", key=idempotency_key)

    return routes
