"""The place for what organisers do over HTTP with gatherings: create, list, change, cancel."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, status

from services.rsvp.api.given import Cancellation, GatheringChanges, GatheringGiven
from services.rsvp.api.problems import problems
from services.rsvp.api.public import Reference
from services.rsvp.api.shown import Gatherings, GatheringShown, gathering_shown
from services.rsvp.entrance import Entrance
from services.rsvp.handlers.gatherings import cancel_gathering, change_gathering, create_gathering
from services.rsvp.store.views import all_gatherings, with_counts
from shared.paging import MOST, key_of, page

Limit = Annotated[int, Query(ge=1, le=MOST)]
Cursor = Annotated[str | None, Query(max_length=200, description="`next` from the page before.")]
SECURED: dict[str, Any] = {"security": [{"key": []}]}


def organisers_api(entrance: Entrance) -> APIRouter:
    """Routes under /api/v1/gatherings, with `Authorization: Bearer KEY`."""
    routes = APIRouter(
        prefix="/api/v1/gatherings",
        tags=["organisers"],
        dependencies=[Depends(entrance.organiser)],
        responses=problems(400, 401, 404, 409, 413, 422),
    )
    run, url = entrance.run, entrance.public_url

    async def shown(gathering_id: str) -> GatheringShown:
        found, counted = await run.read(with_counts, gathering_id)
        return gathering_shown(found, public_url=url, now=entrance.clock.now(), rsvps=counted)

    @routes.post("", status_code=status.HTTP_201_CREATED, summary="Create a gathering", openapi_extra=SECURED)
    async def create(given: GatheringGiven) -> GatheringShown:
        """Only title, kind, format, times and time zone are required. Answers its `id`, `slug` and `url`."""
        created = await run(create_gathering, given.fields(), public_url=url)
        return gathering_shown(created, public_url=url, now=entrance.clock.now())

    @routes.get("", summary="List gatherings", openapi_extra=SECURED)
    async def listed(limit: Limit = 50, cursor: Cursor = None) -> Gatherings:
        """Newest first."""
        found = await run.read(all_gatherings, key_of(cursor), limit + 1)
        paged = page(found, limit=limit, key=lambda gathering: gathering.id)
        items = [gathering_shown(one, public_url=url, now=entrance.clock.now()) for one in paged["items"]]
        return Gatherings(items=items, next=paged["next"])

    @routes.get("/{gathering_id}", summary="See a gathering", openapi_extra=SECURED)
    async def see(gathering_id: Reference) -> GatheringShown:
        """With how many RSVPs have each status."""
        return await shown(gathering_id)

    @routes.patch("/{gathering_id}", summary="Change a gathering", openapi_extra=SECURED)
    async def change(gathering_id: Reference, given: GatheringChanges) -> GatheringShown:
        """What is left out stays. Everybody who is going hears of it; more places go to those who wait."""
        changed = await run(change_gathering, gathering_id, given.fields(), public_url=url)
        return await shown(changed.id)

    @routes.post("/{gathering_id}/cancel", summary="Cancel a gathering", openapi_extra=SECURED)
    async def cancel(gathering_id: Reference, given: Cancellation | None = None) -> GatheringShown:
        """Everybody is told, and nobody is introduced there any more. Cancelling again changes nothing."""
        reason = given.reason if given else ""
        cancelled = await run(cancel_gathering, gathering_id, reason=reason, public_url=url)
        return await shown(cancelled.id)

    return routes
