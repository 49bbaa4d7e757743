"""The place for 1, 5 and 7: what was promised is stored, what was said is heard, and what was heard is believed."""

import json
from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from shared.contracts.topology import READS
from tests.simulation.invariants.known import REPLAY, Spoken

ERASED = "tablemates.erased.v1"
STORED = (
    "SELECT 1 FROM rsvps r JOIN attendees a ON a.id = r.attendee_id"
    " WHERE a.email = :email AND r.gathering_id = :gathering"
)


def check_promise(world: Any, email: str, gathering_id: str, status: str) -> None:
    """1: at the very moment in which a client is answered with success, its RSVP is stored."""
    if not world.databases["rsvp"].rows(STORED, email=email, gathering=gathering_id):
        world.broken(1, f"{email} was answered {status} at {gathering_id}, and nothing is stored")


def check_promises(world: Any) -> None:
    """1: what was answered with success is still stored, was said to others, and had one effect a key."""
    events = world.known.events("rsvp")
    said, spoken_of = defaultdict(set), set()
    for one in events:
        said[one.subject].add(one.data.get("status"))
        spoken_of.add((one.data.get("email"), one.data.get("gathering_id")))
    for person, gathering_id, status, rsvp_id in world.promises:
        if rsvp_id and status not in said[rsvp_id]:
            world.broken(1, f"{rsvp_id} was answered {status}, which was never said: {said[rsvp_id]}")
        if (person.email, gathering_id) not in spoken_of:
            world.broken(1, f"{person.email} was answered {status} at {gathering_id}, and nobody heard of it")
        may_be_gone = person.erased or (status == "pending" and not rsvp_id)  # it may have run out
        if not may_be_gone:
            check_promise(world, person.email, gathering_id, status)
    _check_effects(world, events)


def _check_effects(world: Any, events: Any) -> None:
    asks = ("rsvp.requested.v1", "rsvp.link_requested.v1")
    asked = Counter((one.data["email"], one.data["gathering_id"]) for one in events if one.type.endswith(asks))
    for person in world.people:
        for gathering_id, keys in person.keys_at.items():
            if (effects := asked[person.email, gathering_id]) > keys:
                world.broken(1, f"{person.email} asked {keys} times at {gathering_id}, with {effects} effects")


def check_streams(world: Any) -> None:
    """5: no row of the outbox is lost, and no stream has what was not committed."""
    erased = world.erased
    for service, database in world.databases.items():
        rows = database.rows("SELECT stream, sequence, type, subject, body FROM outbox")
        bodies = {(row["stream"], row["sequence"]): row["body"].encode() for row in rows}
        last = {(row["stream"], row["type"], row["subject"]): row["sequence"] for row in rows}
        for stream, said in world.known.said[service].items():
            for one in said:
                superseded = last.get((stream, one.type, one.subject), 0) > one.sequence
                if (stream, one.sequence) not in bodies and not superseded and not one.names(erased):
                    world.broken(5, f"{stream} {one.sequence} ({one.type}) is not in the outbox any more")
            there = world.broker.streams.get(stream)
            for sequence, _, entry in there.entries if there else []:
                body = bodies.get((stream, sequence), entry.body)
                if (
                    body != entry.body
                    and ERASED.encode() not in body
                    and _but_for_tips(body) != _but_for_tips(entry.body)
                ):
                    world.broken(5, f"{stream} {sequence} is not what was committed")


def _but_for_tips(body: bytes) -> Any:
    """An event without the tips of others, of which those of an erased person are taken out of the outbox later."""
    told = json.loads(body)
    for side in told["data"].get("sides", ()):
        side["tip"], side["opener"] = None, ""
    return told


def check_heard(world: Any) -> None:
    """5 and 7: what was said is heard by every reader, once in effect, and of each subject in its order."""
    for service, sources in READS.items():
        readings = readings_of(world.databases[service])
        said, ever = {one.event: one for one in world.known.events(*sources)}, set().union(*readings)
        kept = _kept(world, sources)
        for event, one in said.items():
            if event not in ever and (one.stream, one.sequence) in kept and not one.names(world.erased):
                world.broken(5, f"{service} never heard {one.type}, {one.stream} {one.sequence}")
        for heard in readings:
            _check_reading(world, service, heard, said)


def readings_of(database: Any) -> list[list[str]]:
    """What was heard from one replay to the next, without what was tried again of the reading before."""
    noted = [row["id"] for row in database.rows("SELECT id FROM noted WHERE NOT late ORDER BY rowid")]
    begins = [-1, *(at for at, event in enumerate(noted) if event == REPLAY), len(noted)]
    return [noted[first + 1 : last] for first, last in pairwise(begins)]


def _check_reading(world: Any, service: str, heard: list[str], said: dict[str, Spoken]) -> None:
    """Nothing twice, and of each subject nothing after a later one."""
    for event, times in sorted(Counter(heard).items()):
        if times > 1 and not event.startswith("erased-"):
            world.broken(5, f"{service} heard {event} {times} times")
    latest: dict[tuple[str, str], int] = {}
    for one in (said[event] for event in heard if event in said):
        if one.sequence < latest.get((one.stream, one.subject), 0):
            world.broken(7, f"{service} heard {one.stream} {one.sequence} after a later one of its subject")
        latest[one.stream, one.subject] = one.sequence


def _kept(world: Any, sources: Any) -> set[tuple[str, int]]:
    """What is still to be read: after a month, only the last event of each type of a subject is."""
    return {
        (row["stream"], row["sequence"])
        for source in sources
        for row in world.databases[source].rows("SELECT stream, sequence FROM outbox")
    }


def check_pictures(world: Any) -> None:
    """5: what intro and notify think of every RSVP is what rsvp thinks."""
    rows = world.databases["rsvp"].rows("SELECT r.*, a.email FROM rsvps r JOIN attendees a ON a.id = r.attendee_id")
    truth = {row["id"]: row for row in rows}
    for service in ("intro", "notify"):
        seen = {row["rsvp_id"]: row for row in world.databases[service].rows("SELECT * FROM rsvps")}
        for rsvp_id, row in truth.items():
            if rsvp_id not in seen:
                world.broken(5, f"{service} does not know the RSVP {rsvp_id} ({row['status']})")
            elif different := _differences(row, seen[rsvp_id]):
                world.broken(5, f"{service} is wrong about the RSVP {rsvp_id}: {different}")
        for rsvp_id in sorted(seen.keys() - truth.keys()):
            if seen[rsvp_id]["status"] == "erased" and not seen[rsvp_id].get("email"):
                continue  # an empty row, which tells that there is nobody any more
            world.broken(5, f"{service} still knows the RSVP {rsvp_id}, which is gone")


def check_gatherings(world: Any) -> None:
    """5: and of every gathering."""
    for gathering in world.databases["rsvp"].rows("SELECT * FROM gatherings"):
        for service, key in (("intro", "id"), ("notify", "gathering_id")):
            seen = world.databases[service].rows(f"SELECT * FROM gatherings WHERE {key} = :id", id=gathering["id"])
            names = ("version", "starts_at", "ends_at")
            told = [(*(row[name] for name in names), bool(row["cancelled"])) for row in seen]
            if told != [(*(gathering[name] for name in names), gathering["cancelled_at"] is not None)]:
                world.broken(5, f"{service} is wrong about the gathering {gathering['id']}: {told}")


def check_addresses(world: Any) -> None:
    """5: that somebody takes no mail, or takes it again, is believed, and passed on when it changes, not when heard."""
    says = {"tablemates.address.suppressed.v1": True, "tablemates.address.restored.v1": False}
    takes_none: dict[str, bool] = defaultdict(bool)
    changes, passed_on = Counter[str](), Counter[str]()
    for one in world.known.events("notify"):
        if one.type in says:
            changes[one.subject] += takes_none[one.subject] != says[one.type]
            takes_none[one.subject] = says[one.type]
    for one in world.known.events("rsvp"):
        passed_on[one.subject] += one.type == "tablemates.attendee.suppressed.v1"
    for who, times in passed_on.items():
        if times > changes[who]:
            world.broken(5, f"rsvp passed on {times} times that {who} takes no mail or does, of {changes[who]}")
    for service in ("rsvp", "intro"):
        for row in world.databases[service].rows("SELECT id, suppressed FROM attendees"):
            if bool(row["suppressed"]) != takes_none[row["id"]] and row["id"] not in world.erased:
                world.broken(5, f"{service} is wrong about whether {row['id']} takes mail")


def _differences(truth: Any, seen: Any) -> dict[str, Any]:
    told = {**truth, "checked_in": truth["checked_in_at"] is not None}
    # a check-in and a tip have versions that say nothing of the rest of an RSVP, and not everybody keeps them
    names = ("status", "email", "name", "introductions")
    found = {name: (seen[name], told[name]) for name in names if name in seen and seen[name] != told[name]}
    if bool(seen["checked_in"]) != told["checked_in"] and told["status"] == "going":
        found["checked_in"] = (seen["checked_in"], told["checked_in"])
    if seen["version"] > truth["version"]:
        found["version"] = (seen["version"], truth["version"])
    return found
