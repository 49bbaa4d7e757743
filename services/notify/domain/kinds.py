"""The place for the kinds of mail: what they are called, and which still go to somebody who wants no more mail."""

from typing import Literal, get_args

Kind = Literal[
    "address.confirm",
    "rsvp.confirmed",
    "rsvp.waitlisted",
    "rsvp.promoted",
    "rsvp.changed",
    "rsvp.cancelled",
    "rsvp.link",
    "gathering.changed",
    "gathering.cancelled",
    "introduction.suggested",
    "introduction.made",
    "table.made",
    "introduction.withdrawn",
    "mentee.nudge",
    "reminder.before",
    "followup.after",
    "reconnect",
    "erasure.done",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

Suppression = Literal["unsubscribed", "bounced", "complained"]
Topic = Literal["reminders", "followups"]
TOPICS: tuple[Topic, ...] = get_args(Topic)

INTRODUCING: frozenset[Kind] = frozenset(("introduction.suggested", "introduction.made", "table.made"))

_ANSWERS: frozenset[Kind] = frozenset(("address.confirm", "rsvp.link", "erasure.done"))
_ANSWERS_WHEN_OWN: frozenset[Kind] = frozenset(("rsvp.confirmed", "rsvp.waitlisted", "rsvp.changed", "rsvp.cancelled"))
_TOPIC_OF: dict[Kind, Topic] = {
    "reminder.before": "reminders",
    "followup.after": "followups",
    "mentee.nudge": "followups",
    "reconnect": "followups",
}


def withheld(
    kind: Kind, *, own_action: bool, suppressed: Suppression | None = None, muted: frozenset[Topic] = frozenset()
) -> str | None:
    """Why a mail must not go to this person, or None when it may.

    To an unsubscribed person go only answers to what they did themselves; to an address that bounced or complained
    goes nothing but the last word of an erasure.
    """
    if suppressed in ("bounced", "complained") and kind != "erasure.done":
        return suppressed
    if suppressed == "unsubscribed" and kind not in _ANSWERS and not (own_action and kind in _ANSWERS_WHEN_OWN):
        return suppressed
    if (topic := _TOPIC_OF.get(kind)) in muted:
        return f"asked for no {topic}"
    return None
