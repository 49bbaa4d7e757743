"""The place for the peer of intake: the same validated endpoint in FastAPI, which stores nothing."""

import asyncio
import sys
import uuid

import uvloop
from fastapi import FastAPI, status

from services.rsvp.api.given import RsvpGiven
from services.rsvp.api.shown import RsvpReceived
from shared.listening import claim_port
from shared.serving import serve_until_told

app = FastAPI()


@app.post("/api/v1/gatherings/{gathering_id}/rsvps", status_code=status.HTTP_201_CREATED, response_model=RsvpReceived)
async def rsvp(gathering_id: str, given: RsvpGiven) -> object:  # noqa: ARG001 - asked for as ours does
    return {"id": str(uuid.uuid4()), "status": "pending"}


if __name__ == "__main__":
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    with runner:
        runner.run(serve_until_told(app, claim_port(int(sys.argv[1]))))
