"""The place for the one request that comes by the thousand: an RSVP, read and answered without FastAPI's machinery.

What FastAPI does between a request and its endpoint, whatever the endpoint, takes as long as storing the RSVP.
Here the usual request goes straight in; whatever is not quite usual is FastAPI's, which also words the refusals.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError

from services.rsvp.api.given import RsvpGiven

REFERENCE_MAX, IDEMPOTENCY_KEY_MAX = 100, 200


class DirectRoute(APIRoute):
    """For endpoints of the form `(gathering_id, given: RsvpGiven, request, idempotency_key)` that answer a dict."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        usual, endpoint, status = super().get_route_handler(), self.endpoint, self.status_code or 200

        async def handle(request: Request) -> Response:
            reference = request.path_params["gathering_id"]
            key = request.headers.get("idempotency-key")
            if len(reference) > REFERENCE_MAX or not (key is None or 0 < len(key) <= IDEMPOTENCY_KEY_MAX):
                return await usual(request)
            if request.headers.get("content-type") != "application/json":
                return await usual(request)
            try:
                given = RsvpGiven.model_validate_json(await request.body())
            except ValidationError:
                return await usual(request)
            answer = await endpoint(gathering_id=reference, given=given, request=request, idempotency_key=key)
            return Response(json.dumps(answer), status, media_type="application/json")

        return handle
