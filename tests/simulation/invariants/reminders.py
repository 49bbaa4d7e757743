"""The place for 8: a reminder once for each start of a gathering, never early, and to everybody who is coming."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

KINDS = ("reminder.before", "followup.after", "reconnect")
JUMPS = timedelta(hours=3)
"""Clocks may have been wrong by an hour each time they jumped."""


def check_reminders(world: Any) -> None:
    facts = {
        (one.data["gathering_id"], one.data["version"]): one.data
        for one in world.known.events("rsvp")
        if one.type.startswith("tablemates.gathering.")
    }
    _check_once(world, facts)
    _check_not_early(world, facts)
    _check_everybody(world, facts)


def _check_once(world: Any, facts: Any) -> None:
    """Not by the mail's own key, which could not show it: by when the gathering of that version was to be."""
    seen = Counter(
        (told["kind"], told["attendee_id"], told["cause"], _moved_at(facts, told["cause"], told["version"]))
        for told in {mail.key: mail.told for mail in world.mail_host.arrived}.values()
        if told["kind"] in KINDS
    )
    for what, times in seen.items():
        if times > 1:
            world.broken(8, f"{what} was sent {times} times")


def _moved_at(facts: Any, gathering_id: str, version: int) -> int:
    """The version in which a gathering got the times that it has in this one."""
    times = facts[gathering_id, version]["starts_at"], facts[gathering_id, version]["ends_at"]
    while (before := facts.get((gathering_id, version - 1))) and (before["starts_at"], before["ends_at"]) == times:
        version -= 1
    return version


def _check_not_early(world: Any, facts: Any) -> None:
    for row in world.databases["notify"].rows(f"SELECT * FROM mails WHERE kind IN {KINDS}"):
        gathering = facts[row["cause"], row["version"]]
        earliest = _ten_in_the_morning(row["kind"], gathering)
        if datetime.fromisoformat(row["created_at"]) < earliest:
            world.broken(8, f"{row['kind']} for {row['cause']} was written at {row['created_at']}, not at {earliest}")


def _check_everybody(world: Any, facts: Any) -> None:
    """Who was known to be coming well before the reminder's hour has one, whatever became of it."""
    notify, now = world.databases["notify"], world.clock.now()
    noted = notify.rows("SELECT id, at FROM noted ORDER BY rowid DESC")  # a replay is no news
    heard = {row["id"]: datetime.fromisoformat(row["at"]) for row in noted}
    since = {one.data["rsvp_id"]: heard.get(one.event) for one in _news_of_rsvps(world)}
    reminded = {
        (row["attendee_id"], row["cause"]) for row in notify.rows("SELECT * FROM mails WHERE kind='reminder.before'")
    }
    moved = Counter(gathering_id for gathering_id, _ in facts)
    to_come = {row["subject"] for row in notify.rows("SELECT subject FROM due WHERE kind = 'reminder.before'")}
    for rsvp in notify.rows(
        "SELECT r.* FROM rsvps r JOIN gatherings g ON g.gathering_id = r.gathering_id"
        " WHERE r.status = 'going' AND NOT g.cancelled"
    ):
        if moved[rsvp["gathering_id"]] > 1 or rsvp["gathering_id"] in to_come:  # as at night, until people are up
            continue
        at = _ten_in_the_morning("reminder.before", facts[rsvp["gathering_id"], 1])
        known = since.get(rsvp["rsvp_id"])
        early = known is not None and known < at - JUMPS
        if early and now > at + JUMPS and (rsvp["attendee_id"], rsvp["gathering_id"]) not in reminded:
            world.broken(8, f"{rsvp['attendee_id']} was never reminded of {rsvp['gathering_id']}, due at {at}")


def _news_of_rsvps(world: Any) -> Any:
    return (
        one for one in world.known.events("rsvp") if one.type.startswith("tablemates.rsvp.") and one.data.get("status")
    )


def _ten_in_the_morning(kind: str, gathering: Any) -> datetime:
    """The day before, the day after, or a month after: in the gathering's own time."""
    zone = ZoneInfo(gathering["timezone"])
    if kind == "reminder.before":
        day = datetime.fromisoformat(gathering["starts_at"]).astimezone(zone).date() - timedelta(days=1)
        return _ten(day, zone)
    last = (datetime.fromisoformat(gathering["ends_at"]).astimezone(zone) - timedelta(hours=6)).date()
    return _ten(last + timedelta(days=1 if kind == "followup.after" else 28), zone)


def _ten(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(10), zone).astimezone(UTC)
