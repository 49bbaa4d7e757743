"""The place for how often what happened in a world: a simulation in which nothing happens finds nothing."""

from collections import Counter
from typing import Any

HAPPENS = (
    *(f"tablemates.rsvp.{what}.v1" for what in ("requested", "confirmed", "waitlisted", "promoted", "changed")),
    *(f"tablemates.rsvp.{what}.v1" for what in ("cancelled", "declined", "erased", "link_requested", "checked_in")),
    *(f"tablemates.gathering.{what}.v1" for what in ("created", "changed", "cancelled")),
    *(f"tablemates.introduction.{what}.v1" for what in ("suggested", "accepted", "passed", "made", "expired")),
    *(f"tablemates.introduction.{what}.v1" for what in ("withdrawn", "unneeded", "feedback_given")),
    *(f"tablemates.{what}.v1" for what in ("table.made", "table.left", "tip.approved")),
    *(f"tablemates.{what}.v1" for what in ("attendee.erased", "attendee.suppressed", "address.suppressed")),
    *(f"tablemates.{what}.v1" for what in ("address.restored", "round.ran", "entry.died")),
    *(f"mail address.confirm {state}" for state in ("sent", "unknown", "superseded", "failed")),
    *(f"mail {kind} sent" for kind in ("rsvp.confirmed", "rsvp.waitlisted", "rsvp.promoted", "rsvp.changed")),
    *(f"mail {kind} sent" for kind in ("rsvp.cancelled", "rsvp.link", "gathering.changed", "gathering.cancelled")),
    *(f"mail {kind} sent" for kind in ("introduction.suggested", "introduction.made", "introduction.withdrawn")),
    *(f"mail {kind} sent" for kind in ("table.made", "reminder.before", "followup.after", "reconnect", "erasure.done")),
    *(f"killed {where}" for where in ("at the network", "in a mail dialogue", "out of the blue")),
    *(f"killed {where}" for where in ("before a commit", "in a commit", "after a commit, before its answer")),
    *(f"broker: {trouble}" for trouble in ("restart", "power cut", "flush", "flush while gone")),
    *("stands still", "process stops", "wall clock jumps", "mail host is gone", "no answer", "redrive"),
    "is to replay",
    *("log relay.rewound", "log reader.starts_over", "log entry.parked", "log mail.left_behind"),
    *("sent again when in doubt", "a lease ran out in the middle of a batch"),
)
"""What a few hundred worlds have to have seen."""


def census_of(world: Any) -> Counter[str]:
    """Events by their type, mails by kind and state, and what befell the world."""
    seen = Counter(world.trace.counts)
    seen.update(one.type for service in world.known.said for one in world.known.events(service))
    seen["tablemates.entry.died.v1"] = sum(
        len(said) for streams in world.known.said.values() for stream, said in streams.items() if ".dead." in stream
    )
    seen.update(f"mail {row['kind']} {row['state']}" for row in world.databases["notify"].rows("SELECT * FROM mails"))
    arrived = Counter(mail.key for mail in world.mail_host.arrived)
    seen["sent again when in doubt"] = sum(times > 1 for times in arrived.values())
    moved = [line for line in world.trace.lines if "reader.starts_over" in line and "PositionMoved" in line]
    if not world.known.replays:  # which move positions as well
        seen["a lease ran out in the middle of a batch"] = len(moved)
    return seen
