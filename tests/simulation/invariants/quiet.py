"""The place for what is still under way in a world: 2, nothing stays unpublished, unread, parked, due or unsent."""

from typing import Any

from shared.contracts.topology import streams_read_by


def all_quiet(world: Any) -> dict[str, Any]:
    """What is still under way; nothing when nothing is."""
    left: dict[str, Any] = {}
    tops = {stream: there.last[0] for stream, there in world.broker.streams.items()}
    for service, database in world.databases.items():
        left |= _unpublished(database, tops) | _unread(database, service, world.partitions, tops)
        if parked := database.rows("SELECT stream, sequence, type, state, reason, attempts FROM parked"):
            left[f"parked in {service}"] = parked[:3]
        now = world.clock.now().isoformat(timespec="microseconds")
        if late := database.rows("SELECT key, kind, at, reason FROM due WHERE at < :now", now=now):
            left[f"due in {service}"] = late[:3]
    if mails := world.databases["notify"].rows(
        "SELECT kind, state, error, attempts, next_at FROM mails WHERE state IN ('pending', 'sending', 'retry')"
    ):
        left["mails"] = mails[:3]
    if waiting := world.databases["intro"].rows("SELECT attendee_id FROM waiting"):
        left["waiting for suggestions"] = len(waiting)
    if asked := world.databases["intro"].rows("SELECT id FROM rounds WHERE state = 'asked'"):
        left["rounds that did not run"] = len(asked)
    return left


def _unpublished(database: Any, tops: dict[str, int]) -> dict[str, Any]:
    return {
        f"unpublished {row['stream']}": (tops.get(row["stream"], 0), row["top"])
        for row in database.rows("SELECT stream, top FROM outbox_heads")
        if tops.get(row["stream"], 0) != row["top"]
    }


def _unread(database: Any, service: str, partitions: int, tops: dict[str, int]) -> dict[str, Any]:
    positions = {row["stream"]: row["position"] for row in database.rows("SELECT stream, position FROM positions")}
    return {
        f"unread by {service}: {stream}": (positions.get(stream, 0), tops.get(stream, 0))
        for stream in streams_read_by(service, partitions)
        if positions.get(stream, 0) != tops.get(stream, 0)
    }
