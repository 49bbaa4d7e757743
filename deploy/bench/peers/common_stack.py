"""The place for the peer of the whole way to a mail: FastAPI stores the RSVP and hands a task to Celery, which mails.

As people commonly wire it, after the documentation of each: a session a request, the task by the row's id, templates
by Jinja, and a connection a mail to a submission server, encrypted by STARTTLS and signed in. A crash between the
commit and the task loses the mail, which favours the peer.

    python -m deploy.bench.peers.common_stack PORT
    celery -A deploy.bench.peers.common_stack worker
"""

import asyncio
import os
import smtplib
import ssl
import sys
import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Annotated, Any

import uvloop
from celery import Celery
from fastapi import Depends, FastAPI, status
from jinja2 import Environment
from sqlalchemy import JSON, String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from services.rsvp.api.given import RsvpGiven
from services.rsvp.api.shown import RsvpReceived
from shared.listening import claim_port
from shared.serving import serve_until_told

tasks = Celery("common_stack", broker=os.environ.get("BENCH_BROKER", "redis://localhost"))
tasks.conf.task_ignore_result = True
tasks.conf.broker_connection_retry_on_startup = True
app = FastAPI()
engine = create_engine(os.environ.get("BENCH_DATABASE", "sqlite://"))

templates = Environment(autoescape=True)
TEXT = templates.from_string("Hello {{ name }},\n\nplease confirm your RSVP: {{ link }}\n")
HTML = templates.from_string(
    "<!doctype html><html><body><h1>Please confirm</h1><p>Hello {{ name }},</p>"
    "<p><a href='{{ link }}'>please confirm your RSVP</a></p></body></html>"
)


class Base(DeclarativeBase):
    """What SQLAlchemy asks for."""


class Rsvp(Base):
    """An RSVP as it was given."""

    __tablename__ = "common_stack_rsvps"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    gathering_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default="pending")
    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)


def session() -> Iterator[Session]:
    with Session(engine) as opened:
        yield opened


@tasks.task(name="send_confirmation")  # type: ignore[untyped-decorator]  # celery ships no types
def send_confirmation(rsvp_id: str) -> None:
    with Session(engine) as opened:
        rsvp = opened.get_one(Rsvp, rsvp_id)
    words = {"name": rsvp.name, "link": f"http://localhost/confirm/{rsvp.id}"}
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hello@localhost", rsvp.email, "Please confirm your RSVP"
    message.set_content(TEXT.render(words))
    message.add_alternative(HTML.render(words), subtype="html")
    with smtplib.SMTP("localhost", int(os.environ["BENCH_SMTP_PORT"])) as server:
        server.starttls(context=ssl.create_default_context())
        server.login(os.environ["BENCH_SMTP_USER"], os.environ["BENCH_SMTP_PASSWORD"])
        server.send_message(message)


@app.post("/api/v1/gatherings/{gathering_id}/rsvps", status_code=status.HTTP_201_CREATED, response_model=RsvpReceived)
def rsvp(gathering_id: str, given: RsvpGiven, opened: Annotated[Session, Depends(session)]) -> object:
    rsvp = Rsvp(gathering_id=gathering_id, email=given.email, name=given.name, answers=given.model_dump(mode="json"))
    opened.add(rsvp)
    opened.commit()
    send_confirmation.delay(rsvp.id)
    return {"id": rsvp.id, "status": rsvp.status}


if __name__ == "__main__":
    Base.metadata.create_all(engine)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve_until_told(app, claim_port(int(sys.argv[1]))))
