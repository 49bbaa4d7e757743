"""The place for 2, 3 and 4: every cause has its mail, every mail is final, none arrives twice or out of order."""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from services.notify.domain.facts import COMING
from services.notify.domain.letters import letter_key

FINAL = ("sent", "failed", "unknown", "superseded")
KIND_OF = {
    "tablemates.rsvp.confirmed.v1": "rsvp.confirmed",
    "tablemates.rsvp.waitlisted.v1": "rsvp.waitlisted",
    "tablemates.rsvp.promoted.v1": "rsvp.promoted",
    "tablemates.rsvp.requested.v1": "address.confirm",
    "tablemates.rsvp.changed.v1": "rsvp.changed",
    "tablemates.rsvp.cancelled.v1": "rsvp.cancelled",
    "tablemates.rsvp.declined.v1": "rsvp.cancelled",
    "tablemates.rsvp.link_requested.v1": "rsvp.link",
}
OF_GATHERINGS = tuple(f"tablemates.gathering.{what}.v1" for what in ("created", "changed", "cancelled"))
ABOUT_INTRODUCTIONS = (
    "introduction.suggested",
    "introduction.made",
    "table.made",
    "introduction.withdrawn",
    "mentee.nudge",
)
SEATING = KIND_OF.keys() - {"tablemates.rsvp.link_requested.v1"}


def check_mails(world: Any) -> None:
    """2 and 3: every mail is final, and the host accepted none twice that could be known to have arrived."""
    host, interrupted = world.mail_host, _interrupted(world)
    rows = {row["key"]: row for row in world.databases["notify"].rows("SELECT * FROM mails")}
    arrived = defaultdict(list)
    for mail in host.arrived:
        arrived[mail.key].append(mail)
    for key, mails in arrived.items():
        if len(mails) > 1:
            _check_doubles(world, key, mails)
        if key not in rows and mails[0].told["attendee_id"] not in world.erased:
            world.broken(4, f"a mail {mails[0].told['kind']} arrived that has no row")
    for key, row in rows.items():
        what, doubtful = f"a mail {row['kind']} ({row['number']})", key in host.in_doubt | host.doubted or interrupted
        if row["state"] not in FINAL:
            world.broken(2, f"{what} is still {row['state']}")
        if row["state"] == "sent" and key not in arrived and key not in host.vouched_for:
            world.broken(2, f"{what} counts as sent and never arrived")
        left_behind = "the process ended" in row["error"] and interrupted
        if row["state"] == "unknown" and key not in host.in_doubt and not left_behind:
            world.broken(2, f"{what} is unknown although there was no doubt: {row['error']}")
        if key in arrived and row["state"] in ("failed", "superseded") and not doubtful:
            world.broken(2, f"{what} arrived and counts as {row['state']}: {row['error']}")


def _check_doubles(world: Any, key: str, mails: Any) -> None:
    """A kind that is sent again when in doubt may double, in the same words; no other may.

    What it said of somebody who was erased meanwhile, as a tip of theirs, is not said again.
    """
    kind = mails[0].told["kind"]
    if kind not in world.resends:
        world.broken(3, f"the mail {key} ({kind}) was accepted {len(mails)} times")
    elif key not in world.mail_host.doubted and not _interrupted(world):
        world.broken(3, f"the mail {key} ({kind}) was sent again without a doubt")
    elif len({mail.body for mail in mails}) > 1 and not _names_one_of(world.erased, mails[0]):
        world.broken(3, f"the mail {key} ({kind}) was sent again with other words")


def _names_one_of(erased: set[str], mail: Any) -> bool:
    return any(attendee.encode() in mail.body for attendee in erased)


def _interrupted(world: Any) -> bool:
    """Whether some process may not have been able to write down what it knew."""
    return bool(world.trace.counts.get("killed") or world.trace.counts.get("stands still"))


def check_causes(world: Any) -> None:
    """2: every version of an RSVP has its mail, and 4: no mail is without what it follows from."""
    there = {row["key"]: row for row in world.databases["notify"].rows("SELECT * FROM mails")}
    events, heard = world.known.events("rsvp"), _heard(world)
    ends, called_off = _ends(events), _called_off(events, heard)
    known = set()
    for one in events:
        kind, told = KIND_OF.get(one.type), one.data
        if kind is None:
            continue
        cause = told["request"] if kind == "rsvp.link" else told["rsvp_id"]
        key = letter_key(kind, told["attendee_id"], cause, told["version"])
        known.add(key)
        if key in there or one.event not in heard or told["attendee_id"] in world.erased:
            continue
        turn, at = heard[one.event]
        off = called_off.get(told["gathering_id"])
        if off and turn > heard[off.event][0] and kind not in ("rsvp.cancelled", "rsvp.link"):
            continue  # they hear that it was called off, see `check_called_off`
        if _is_worth_a_mail(one.type, told) and at < ends[told["gathering_id"]]:
            world.broken(2, f"nobody wrote {kind} to {told['attendee_id']} for version {told['version']} of {cause}")
    for key, row in there.items():
        if row["kind"] in KIND_OF.values() and key not in known:
            world.broken(4, f"the mail {row['number']} ({row['kind']}) follows from nothing that was said")


def _is_worth_a_mail(event: str, told: Any) -> bool:
    """Whether it surely is: of a refusal it depends on what was before."""
    if event in ("tablemates.rsvp.cancelled.v1", "tablemates.rsvp.changed.v1"):
        coming = told["status"] in ("going", "waitlisted")
        return told["by"] == "attendee" and (coming or event == "tablemates.rsvp.cancelled.v1")
    return event != "tablemates.rsvp.declined.v1" and (
        event != "tablemates.rsvp.requested.v1" or told["status"] == "pending"
    )


def check_other_causes(world: Any) -> None:
    """4: what is written about an introduction or a gathering follows from what was said of it, and of whom."""
    said, about = set(), defaultdict(set)
    for one in world.known.events("intro", "rsvp"):
        if subject := one.data.get("introduction_id") or (one.type in OF_GATHERINGS and one.data["gathering_id"]):
            said.add((subject, one.data["version"]))
            about[subject].update(one.data.get("people", ()))
    for row in world.databases["notify"].rows("SELECT * FROM mails"):
        what = f"the mail {row['number']} ({row['kind']})"
        introduces = row["kind"] in ABOUT_INTRODUCTIONS
        if (introduces or row["kind"].startswith("gathering.")) and (row["cause"], row["version"]) not in said:
            world.broken(4, f"{what} follows from nothing that was said")
        if introduces and row["attendee_id"] not in about[row["cause"]]:
            world.broken(4, f"{what} went to somebody whom it is not about")


def check_called_off(world: Any) -> None:
    """2: whoever was coming to a gathering when it was called off, or is only heard of after that, hears of it."""
    there = {row["key"] for row in world.databases["notify"].rows("SELECT key FROM mails")}
    events, heard = world.known.events("rsvp"), _heard(world)
    for gathering_id, off in _called_off(events, heard).items():
        since, ends = heard[off.event], datetime.fromisoformat(off.data["ends_at"])
        coming: dict[str, bool] = {}
        for one in sorted((one for one in events if one.event in heard), key=lambda one: heard[one.event][0]):
            if one.type not in SEATING or one.data["gathering_id"] != gathering_id:
                continue
            turn, at = max(heard[one.event], since)
            comes = one.data["status"] in COMING and at < ends
            coming[one.data["attendee_id"]] = comes or (turn > since[0] and coming.get(one.data["attendee_id"], False))
        for who in (who for who, comes in coming.items() if comes and who not in world.erased):
            if letter_key("gathering.cancelled", who, gathering_id, off.data["version"]) not in there:
                world.broken(2, f"nobody wrote to {who} that {gathering_id} was called off")


def _heard(world: Any) -> dict[str, tuple[int, datetime]]:
    """Which event notify first heard as the how many-th, and when. Clocks jump: what was first, the turn tells."""
    rows = world.databases["notify"].rows("SELECT rowid, id, at FROM noted ORDER BY rowid DESC")
    return {row["id"]: (row["rowid"], datetime.fromisoformat(row["at"])) for row in rows}


def _called_off(events: Any, heard: Any) -> dict[str, Any]:
    """By gathering, the event that it was called off, as far as it was heard."""
    off = "tablemates.gathering.cancelled.v1"
    return {one.data["gathering_id"]: one for one in events if one.type == off and one.event in heard}


def _ends(events: Any) -> dict[str, datetime]:
    """By gathering, from when on nobody is written to any more."""
    ends: dict[str, datetime] = {}
    for one in events:
        if one.type.startswith("tablemates.gathering."):
            over = datetime.fromisoformat(one.data["ends_at"])
            ends[one.data["gathering_id"]] = min(ends.get(one.data["gathering_id"], over), over)
    return ends


def check_order(world: Any) -> None:
    """4: a person hears of an RSVP, of a gathering and of an introduction in the order of its versions."""
    heard: dict[tuple[str, ...], tuple[int, str]] = {}
    seen: Counter[str] = Counter()
    for mail in world.mail_host.arrived:
        told, subject = mail.told, _subject_of(mail.told)
        seen[mail.key] += 1
        if subject is None or seen[mail.key] > 1:
            continue
        of = told["attendee_id"], *subject
        before = heard.get(of, (0, ""))
        if told["version"] < before[0]:
            world.broken(4, f"{of[0]} heard {told['kind']} v{told['version']} after {before[1]} v{before[0]}")
        heard[of] = told["version"], told["kind"]


def _subject_of(told: Any) -> tuple[str, str] | None:
    """What a mail is about, as far as that has versions of its own."""
    if told["kind"] in ABOUT_INTRODUCTIONS:
        return "introduction", told["cause"]
    if told["kind"].startswith("gathering."):
        return "gathering", told["gathering_id"]
    if told["kind"].startswith(("rsvp.", "address.")) and told["kind"] != "rsvp.link":
        return "rsvp", told["gathering_id"]
    return None
