"""The place for what supersedes what: a mail that is not handed over yet is not sent once it is no longer true."""

from services.notify.domain.kinds import INTRODUCING, KINDS, Kind

BY_LEAVING: frozenset[Kind] = INTRODUCING | {
    "address.confirm",
    "rsvp.promoted",
    "rsvp.changed",
    "gathering.changed",
    "introduction.withdrawn",
    "mentee.nudge",
    "reminder.before",
    "followup.after",
    "reconnect",
}
"""Of no use to somebody who is not coming any more."""

BY_CANCELLED_GATHERING: frozenset[Kind] = frozenset(KINDS) - {
    "rsvp.cancelled",
    "rsvp.link",
    "gathering.cancelled",
    "erasure.done",
}
"""Of no use to anybody when nobody will meet there."""

BY_ITS_NEXT: frozenset[Kind] = frozenset(("address.confirm", "rsvp.link", "rsvp.changed", "gathering.changed"))
"""A later one to the same person about the same gathering says it all."""

BY_ANSWER: frozenset[Kind] = frozenset(("introduction.suggested",))
"""Nothing to ask any more once the introduction is made, passed on or expired."""

BY_WITHDRAWAL: frozenset[Kind] = INTRODUCING | {"mentee.nudge"}
"""Nothing to introduce any more."""

BY_MOVE: frozenset[Kind] = frozenset(("reminder.before",))
"""Names a time that is not true any more."""
