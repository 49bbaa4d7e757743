"""The place for what must be so: at every commit, and after everything has healed. The numbers are delivery.md's."""

from collections import Counter, defaultdict
from typing import Any

from shared.contracts.topology import READS, streams_read_by

SAID = (
    "SELECT stream, sequence, subject, type, json_extract(body, '$.id') AS id FROM outbox"
    " WHERE type != 'tablemates.erased.v1' AND stream NOT LIKE '%.dead.%' ORDER BY stream, sequence"
)
FINAL = ("sent", "failed", "unknown", "superseded")


def check_always(world: Any, service: str) -> None:
    """After a commit of one service."""
    before = world.positions.setdefault(service, {})
    for row in world.databases[service].rows("SELECT stream, position FROM positions"):
        if row["position"] < before.get(row["stream"], 0):
            world.broken(5, f"{service} went back in {row['stream']}: {before[row['stream']]}, {row['position']}")
        before[row["stream"]] = row["position"]
    if service == "rsvp":
        over = world.databases["rsvp"].rows(
            "SELECT g.id, g.capacity, sum(1 + r.guests) AS taken"
            " FROM gatherings g JOIN rsvps r ON r.gathering_id = g.id"
            " WHERE r.status = 'going' AND g.capacity IS NOT NULL GROUP BY g.id HAVING taken > g.capacity"
        )
        for row in over:
            world.broken(6, f"{row['taken']} people are going to {row['id']}, which has {row['capacity']} places")


def all_quiet(world: Any) -> dict[str, Any]:
    """What is still under way; nothing when nothing is."""
    left: dict[str, Any] = {}
    for service, database in world.databases.items():
        for row in database.rows("SELECT stream, top FROM outbox_heads"):
            there = world.broker.streams.get(row["stream"])
            if (there.last[0] if there else 0) != row["top"]:
                left[f"unpublished {row['stream']}"] = (there.last[0] if there else 0, row["top"])
        if parked := database.rows("SELECT stream, sequence, type, state, reason, attempts FROM parked"):
            left[f"parked in {service}"] = parked[:3]
        positions = {row["stream"]: row["position"] for row in database.rows("SELECT stream, position FROM positions")}
        for stream in streams_read_by(service, world.partitions):
            top = world.broker.streams[stream].last[0] if stream in world.broker.streams else 0
            if positions.get(stream, 0) != top:
                left[f"unread by {service}: {stream}"] = (positions.get(stream, 0), top)
        now = world.clock.now().isoformat(timespec="microseconds")
        if late := database.rows("SELECT key, kind, at, reason FROM due WHERE at < :now", now=now):
            left[f"due in {service}"] = late[:3]
    if mails := world.databases["notify"].rows(
        "SELECT kind, state, error, attempts, next_at FROM mails WHERE state IN ('pending', 'sending', 'retry')"
    ):
        left["mails"] = mails[:3]
    if waiting := world.databases["intro"].rows("SELECT attendee_id FROM waiting"):
        left["waiting for suggestions"] = len(waiting)
    return left


def check_in_the_end(world: Any) -> None:
    """After everything healed and came to its end."""
    for check in (_promises, _streams, _heard, _mails, _order, _pictures, _introductions, _reminders, _erasure):
        check(world)


def _promises(world: Any) -> None:
    """1: what was answered with success is stored."""
    rows = world.databases["rsvp"].rows("SELECT r.*, a.email FROM rsvps r JOIN attendees a ON a.id = r.attendee_id")
    there = {(row["email"], row["gathering_id"]) for row in rows}
    said = defaultdict(set)
    for row in world.databases["rsvp"].rows("SELECT subject, json_extract(body, '$.data.status') AS s FROM outbox"):
        said[row["subject"]].add(row["s"])
    for person, gathering_id, status, rsvp_id in world.promises:
        if person.erased or (status == "pending" and not rsvp_id):
            continue
        if (person.email, gathering_id) not in there:
            world.broken(1, f"{person.email} was answered {status} at {gathering_id} and is not there")
        if rsvp_id and status not in said[rsvp_id]:
            world.broken(1, f"{rsvp_id} was answered {status}, which was never said: {said[rsvp_id]}")


def _streams(world: Any) -> None:
    """5: sequences have no gaps, and no stream has what was not committed."""
    for service, database in world.databases.items():
        bodies: dict[str, dict[int, bytes]] = defaultdict(dict)
        for row in database.rows("SELECT stream, sequence, body FROM outbox ORDER BY stream, sequence"):
            bodies[row["stream"]][row["sequence"]] = row["body"].encode()
        for stream, kept in bodies.items():
            if sorted(kept) != list(range(1, len(kept) + 1)):
                world.broken(5, f"the outbox of {service} has gaps in {stream}: {sorted(kept)}")
            there = world.broker.streams.get(stream)
            for sequence, _, entry in there.entries if there else []:
                same = kept.get(sequence) == entry.body
                if not same and b"tablemates.erased.v1" not in kept.get(sequence, b""):
                    world.broken(5, f"{stream} {sequence} is not what was committed")


def _heard(world: Any) -> None:
    """5 and 7: what was said is heard by every reader, once in effect, and of each subject in its order."""
    for service, sources in READS.items():
        noted = [row["id"] for row in world.databases[service].rows("SELECT id FROM noted ORDER BY rowid")]
        times = Counter(noted)
        for event in sorted(event for event, heard in times.items() if heard > 1 and not event.startswith("erased-")):
            world.broken(5, f"{service} heard {event} {times[event]} times")
        said: dict[str, Any] = {}
        for source in sources:
            said |= {row["id"]: row for row in world.databases[source].rows(SAID)}
        for event, row in said.items():
            if event not in times:
                world.broken(5, f"{service} never heard {row['type']}, {row['stream']} {row['sequence']}")
        latest: dict[tuple[str, str], int] = {}
        for row in (said[event] for event in noted if event in said):
            of = row["stream"], row["subject"]
            if row["sequence"] < latest.get(of, 0):
                world.broken(7, f"{service} heard {row['stream']} {row['sequence']} after {latest[of]} of its subject")
            latest[of] = row["sequence"]


def _mails(world: Any) -> None:
    """2 and 3: every mail is final, and the host accepted none twice."""
    host = world.mail_host
    for key, times in Counter(mail.key for mail in host.arrived).items():
        if times > 1:
            kind = next(mail.told["kind"] for mail in host.arrived if mail.key == key)
            world.broken(3, f"the mail {key} ({kind}) was accepted {times} times")
    rows = world.databases["notify"].rows("SELECT * FROM mails")
    arrived = {mail.key for mail in host.arrived}
    for row in rows:
        if row["state"] not in FINAL:
            world.broken(2, f"a mail {row['kind']} is still {row['state']}")
        if row["state"] == "sent" and row["key"] not in arrived:
            world.broken(2, f"a mail {row['kind']} counts as sent and never arrived")
        left_behind = "the process ended" in row["error"] and world.trace.counts.get("killed")
        if row["state"] == "unknown" and row["key"] not in host.in_doubt and not left_behind:
            world.broken(2, f"a mail {row['kind']} is unknown although there was no doubt: {row['error']}")
        doubtful = row["key"] in host.in_doubt or world.trace.counts.get("killed")
        if row["key"] in arrived and row["state"] in ("failed", "superseded") and not doubtful:
            world.broken(2, f"a mail {row['kind']} arrived and counts as {row['state']}: {row['error']}")
    gone = {attendee for person in world.people for attendee in person.erased}
    known = {row["key"] for row in rows}
    for mail in host.arrived:
        if mail.key not in known and mail.told["attendee_id"] not in gone:
            world.broken(4, f"a mail {mail.told['kind']} arrived that has no row")


def _order(world: Any) -> None:
    """4: a person hears of an RSVP in the order of its versions."""
    heard: dict[tuple[str, str], tuple[int, str]] = {}
    for mail in world.mail_host.arrived:
        told = mail.told
        if not told["kind"].startswith(("rsvp.", "address.")) or told["kind"] == "rsvp.link":
            continue
        of = told["attendee_id"], told["gathering_id"]
        before = heard.get(of, (0, ""))
        if told["version"] < before[0]:
            world.broken(4, f"{of[0]} heard {told['kind']} v{told['version']} after {before[1]} v{before[0]}")
        heard[of] = told["version"], told["kind"]


def _pictures(world: Any) -> None:
    """5: what intro and notify think of every RSVP is what rsvp thinks."""
    truth = {row["id"]: row for row in world.databases["rsvp"].rows("SELECT * FROM rsvps")}
    for service in ("intro", "notify"):
        seen = {row["rsvp_id"]: row for row in world.databases[service].rows("SELECT * FROM rsvps")}
        for rsvp_id, row in truth.items():
            if rsvp_id not in seen:
                world.broken(5, f"{service} does not know the RSVP {rsvp_id} ({row['status']})")
            elif (seen[rsvp_id]["status"], seen[rsvp_id]["version"]) != (row["status"], row["version"]):
                mine = seen[rsvp_id]
                world.broken(
                    5,
                    f"{service} takes {rsvp_id} for {mine['status']} v{mine['version']},"
                    f" it is {row['status']} v{row['version']}",
                )
        for rsvp_id in sorted(seen.keys() - truth.keys()):
            if seen[rsvp_id]["status"] == "erased" and not seen[rsvp_id].get("email"):
                continue  # an empty row, which tells that there is nobody any more
            world.broken(5, f"{service} still knows the RSVP {rsvp_id}, which is gone")


def _introductions(world: Any) -> None:
    """6: a pair once, ever; nobody is introduced who is not coming or did not agree."""
    intro = world.databases["intro"]
    pairs: Counter[tuple[str, str]] = Counter()
    for row in intro.rows(
        "SELECT body FROM outbox WHERE type LIKE '%introduction.suggested%' OR type LIKE '%.made.v1'"
    ):
        import json  # noqa: PLC0415 - only here

        data = json.loads(row["body"])["data"]
        if "introduction_id" in data:
            pairs[data["introduction_id"], ",".join(sorted(data["people"]))] += 0
    people = Counter(pair for _, pair in pairs)
    for pair, times in people.items():
        if times > 1 and pair.count(",") == 1:
            world.broken(6, f"{pair} were proposed to each other in {times} introductions")
    coming = {
        (row["gathering_id"], row["attendee_id"]): row for row in world.databases["rsvp"].rows("SELECT * FROM rsvps")
    }
    cancelled = {
        row["id"] for row in world.databases["rsvp"].rows("SELECT id FROM gatherings WHERE cancelled_at IS NOT NULL")
    }
    for seat in intro.rows(
        "SELECT s.*, i.status FROM seats s JOIN introductions i ON i.id = s.introduction_id"
        " WHERE i.status IN ('suggested', 'accepted', 'made')"
    ):
        rsvp = coming.get((seat["gathering_id"], seat["attendee_id"]))
        if seat["left"] or (rsvp and rsvp["status"] == "going" and seat["gathering_id"] not in cancelled):
            continue
        why = rsvp["status"] if rsvp else "gone"
        world.broken(6, f"{seat['attendee_id']} is {why} and still {seat['status']} in {seat['introduction_id']}")
    for introduction in intro.rows("SELECT id, status FROM introductions WHERE status = 'made'"):
        for seat in intro.rows("SELECT * FROM seats WHERE introduction_id = :id", id=introduction["id"]):
            if seat["asked"] and seat["answer"] != "accept" and not seat["left"]:
                world.broken(6, f"{introduction['id']} was made and {seat['attendee_id']} said {seat['answer']}")


def _reminders(world: Any) -> None:
    """8: one reminder for one start of one gathering, not twice."""
    seen: Counter[tuple[str, str, str, int]] = Counter()
    for mail in world.mail_host.arrived:
        told = mail.told
        if told["kind"] in ("reminder.before", "followup.after", "reconnect"):
            seen[told["kind"], told["attendee_id"], told["cause"], told["version"]] += 1
    for what, times in seen.items():
        if times > 1:
            world.broken(8, f"{what} was sent {times} times")


def _erasure(world: Any) -> None:
    """4: of an erased person nothing is left but the id."""
    for person in world.people:
        for attendee in person.erased:
            for service, database in world.databases.items():
                if left := database.rows(
                    "SELECT subject, type FROM outbox WHERE body LIKE :id AND body LIKE :mail",
                    id=f"%{attendee}%",
                    mail=f"%{person.email}%",
                ):
                    world.broken(4, f"the outbox of {service} still speaks of {attendee}: {left}")
            if left := world.databases["notify"].rows(
                "SELECT kind, state FROM mails WHERE attendee_id = :id AND email = :mail",
                id=attendee,
                mail=person.email,
            ):
                world.broken(4, f"notify still has the address of {attendee}: {left}")
