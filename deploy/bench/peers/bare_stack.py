"""The place for the least that FastAPI, Celery and smtplib can do: nothing is stored, mail goes in clear, as one line.

Nobody runs RSVPs so, but it shows what everything else costs.

    python -m deploy.bench.peers.bare_stack PORT
    celery -A deploy.bench.peers.bare_stack worker
"""

import asyncio
import os
import smtplib
import sys
import uuid
from email.message import EmailMessage

import uvloop
from celery import Celery
from fastapi import FastAPI, status

from services.rsvp.api.given import RsvpGiven
from services.rsvp.api.shown import RsvpReceived
from shared.listening import claim_port
from shared.serving import serve_until_told

tasks = Celery("bare_stack", broker=os.environ.get("BENCH_BROKER", "redis://localhost"))
tasks.conf.task_ignore_result = True
tasks.conf.broker_connection_retry_on_startup = True
app = FastAPI()


@tasks.task(name="send_confirmation")  # type: ignore[untyped-decorator]  # celery ships no types
def send_confirmation(to: str, name: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hello@localhost", to, "Please confirm your RSVP"
    message.set_content(f"Hello {name},\n\nplease confirm: http://localhost/confirm/{uuid.uuid4()}\n")
    with smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_SMTP_PORT"])) as server:
        server.send_message(message)


@app.post("/api/v1/gatherings/{gathering_id}/rsvps", status_code=status.HTTP_201_CREATED, response_model=RsvpReceived)
def rsvp(gathering_id: str, given: RsvpGiven) -> object:  # noqa: ARG001 - asked for as ours does
    send_confirmation.delay(given.email, given.name)
    return {"id": str(uuid.uuid4()), "status": "pending"}


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_until_told(app, claim_port(int(sys.argv[1]))))
