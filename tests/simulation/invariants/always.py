"""The place for what must be so after every single commit."""

from typing import Any

from services.notify.domain.facts import NOT_COMING
from services.notify.domain.kinds import INTRODUCING, withheld

NEW = (
    "SELECT o.* FROM outbox_heads h JOIN outbox o ON o.stream = h.stream AND o.sequence > :known"
    " WHERE h.stream = :stream ORDER BY o.sequence"
)


CLAIMED = "number, kind, own_action, person, suppressed, status, cancelled"
WATCHED = {
    "notify": (
        f"CREATE TABLE claimed (id INTEGER PRIMARY KEY, {CLAIMED})",
        # at the very moment, since an erasure may share the commit
        f"""CREATE TRIGGER claims AFTER UPDATE OF state ON mails
            WHEN new.state = 'sending' AND old.state != 'sending' BEGIN INSERT INTO claimed ({CLAIMED})
            SELECT new.number, new.kind, new.own_action, p.attendee_id, p.suppressed, r.status, g.cancelled
            FROM (SELECT 1) LEFT JOIN people p ON p.attendee_id = new.attendee_id
            LEFT JOIN rsvps r ON r.gathering_id = new.gathering_id AND r.attendee_id = new.attendee_id
            LEFT JOIN gatherings g ON g.gathering_id = new.gathering_id; END""",
    )
}
"""What a service's database writes down itself, for these checks."""


def check_always(world: Any, service: str) -> None:
    """After a commit of one service."""
    _check_streams(world, service)
    _check_positions(world, service)
    _OF[service](world, world.databases[service])


def _check_streams(world: Any, service: str) -> None:
    """5: numbered by one, and nothing is on a stream that is not in the outbox."""
    database, said = world.databases[service], world.known.said[service]
    for head in database.rows("SELECT stream, top FROM outbox_heads"):
        stream, top = head["stream"], head["top"]
        known = said[stream][-1].sequence if said[stream] else 0
        if top > known:
            rows = database.rows(NEW, stream=stream, known=known)
            if [row["sequence"] for row in rows] != list(range(known + 1, top + 1)):
                world.broken(5, f"{stream} was numbered {[row['sequence'] for row in rows]} after {known}, up to {top}")
            world.known.learn(service, rows)
        there = world.broker.streams.get(stream)
        if there and there.last[0] > top:
            world.broken(5, f"{stream} is at {there.last[0]}, and only {top} were committed")


def _check_positions(world: Any, service: str) -> None:
    """5: positions only grow, but for a replay, which begins with the first event."""
    before = world.known.positions[service]
    for row in world.databases[service].rows("SELECT stream, position FROM positions"):
        replayed = row["position"] == 0 and service in world.known.replays
        if row["position"] < before.get(row["stream"], 0) and not replayed:
            world.broken(5, f"{service} went back in {row['stream']}: {before[row['stream']]}, {row['position']}")
        before[row["stream"]] = row["position"]


def _check_rsvp(world: Any, database: Any) -> None:
    """6: nobody is given a place that is not there."""
    over = database.rows(
        "SELECT g.id, g.capacity, sum(1 + r.guests) AS taken"
        " FROM gatherings g JOIN rsvps r ON r.gathering_id = g.id"
        " WHERE r.status = 'going' AND g.capacity IS NOT NULL GROUP BY g.id HAVING taken > g.capacity"
    )
    for row in over:
        world.broken(6, f"{row['taken']} people are going to {row['id']}, which has {row['capacity']} places")


def _check_intro(world: Any, database: Any) -> None:
    """6: when somebody is proposed to somebody, both are coming, both want it, and they never were before."""
    seats = database.rows(
        "SELECT s.introduction_id, s.attendee_id, r.status, r.introductions FROM introductions i"
        " JOIN seats s ON s.introduction_id = i.id"
        " LEFT JOIN rsvps r ON r.gathering_id = s.gathering_id AND r.attendee_id = s.attendee_id WHERE i.version = 1"
    )
    for seat in seats:
        if seat["introduction_id"] not in world.known.seats and (
            seat["status"] != "going" or not seat["introductions"]
        ):
            what = f"{seat['status']}, introductions: {seat['introductions']}"
            world.broken(6, f"{seat['attendee_id']} is proposed in {seat['introduction_id']} and is {what}")
    world.known.seats.update(seat["introduction_id"] for seat in seats)


def _check_notify(world: Any, database: Any) -> None:
    """4: nothing is handed over to somebody who is not to have it any more, as far as is known at that moment."""
    for mail in database.rows("SELECT * FROM claimed WHERE id > :seen ORDER BY id", seen=world.known.claims):
        world.known.claims = mail["id"]
        if why := _why_not(mail):
            world.broken(4, f"the mail {mail['number']} ({mail['kind']}) was claimed for sending: {why}")


def _why_not(mail: Any) -> str | None:
    if mail["kind"] == "erasure.done":
        return None
    if mail["person"] is None:
        return "the person is not known, or was erased"
    if why := withheld(mail["kind"], own_action=bool(mail["own_action"]), suppressed=mail["suppressed"]):
        return why
    if mail["kind"] != "reminder.before" and mail["kind"] not in INTRODUCING:
        return None
    if mail["cancelled"]:
        return "the gathering was cancelled"
    # that somebody is coming, notify may hear from intro first
    coming = mail["status"] == "going" or mail["kind"] != "reminder.before"
    return None if coming and mail["status"] not in NOT_COMING else f"the person is {mail['status']}"


_OF = {"rsvp": _check_rsvp, "intro": _check_intro, "notify": _check_notify}
