"""The place for 4: of an erased person nothing is left but the id."""

from typing import Any


def check_erasure(world: Any) -> None:
    for person in world.people:
        for attendee in person.erased:
            for service, database in world.databases.items():
                _check_outbox(world, service, database, attendee, person.email)
                _check_parked(world, service, database, attendee, person.email)
            _check_mails(world, attendee, person.email)


def _check_outbox(world: Any, service: str, database: Any, attendee: str, email: str) -> None:
    if left := database.rows(
        "SELECT subject, type FROM outbox WHERE body LIKE :id AND body LIKE :mail",
        id=f"%{attendee}%",
        mail=f"%{email}%",
    ):
        world.broken(4, f"the outbox of {service} still speaks of {attendee}: {left}")


def _check_parked(world: Any, service: str, database: Any, attendee: str, email: str) -> None:
    if left := database.rows(
        "SELECT type FROM parked WHERE body LIKE :id AND body LIKE :mail", id=f"%{attendee}%", mail=f"%{email}%"
    ):
        world.broken(4, f"what {service} has parked still speaks of {attendee}: {left}")


def _check_mails(world: Any, attendee: str, email: str) -> None:
    notify = world.databases["notify"]
    if left := notify.rows(
        "SELECT kind, state FROM mails WHERE attendee_id = :id AND email = :mail", id=attendee, mail=email
    ):
        world.broken(4, f"notify still has the address of {attendee}: {left}")
    if left := notify.rows("SELECT kind, state FROM mails WHERE context LIKE :id", id=f"%{attendee}%"):
        world.broken(4, f"mails to others still name {attendee}: {left}")
