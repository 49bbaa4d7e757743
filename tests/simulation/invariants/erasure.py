"""The place for 4: of an erased person nothing is left but the id."""

from collections.abc import Iterator
from typing import Any

OURS = ("noted", "claimed")
"""Tables that a simulated world adds."""


def check_erasure(world: Any) -> None:
    """Looks through every row of every table, and every entry of every stream."""
    gone = [person for person in world.people if person.erased]
    if not gone:
        return
    everything = [*_rows(world), *_entries(world)]
    there = {row["email"] for row in world.databases["rsvp"].rows("SELECT email FROM attendees")}
    for person in gone:
        for where, told in everything:
            named = person.email in told or f'{person.name}"' in told
            if named and person.email not in there:
                world.broken(4, f"{where} still speaks of {person.email}, who was erased: {told}")
            elif named and any(attendee in told for attendee in person.erased):
                world.broken(4, f"{where} still knows who {person.erased} was, who came anew: {told}")
        _check_mails(world, person.erased)


def _rows(world: Any) -> Iterator[tuple[str, str]]:
    for service, database in world.databases.items():
        for table in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
            if table["name"] not in OURS and not table["name"].startswith("sqlite_"):
                for row in database.rows(f"SELECT * FROM {table['name']}"):
                    yield f"{table['name']} of {service}", " ".join(f'"{value}"' for value in row.values())


def _entries(world: Any) -> Iterator[tuple[str, str]]:
    for name, stream in world.broker.streams.items():
        for sequence, _, entry in stream.entries:
            yield f"{name} {sequence}", entry.body.decode()


def _check_mails(world: Any, erased: set[str]) -> None:
    for attendee in erased:
        if left := world.databases["notify"].rows(
            "SELECT kind, state FROM mails WHERE context LIKE :id", id=f"%{attendee}%"
        ):
            world.broken(4, f"mails to others still name {attendee}: {left}")
