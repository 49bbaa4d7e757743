"""The place for taking somebody out of a mail that is not sent yet: it speaks of them no more."""

from collections.abc import Mapping
from typing import Any

_LISTS = ("people", "reply_to")


def without(context: Mapping[str, Any], attendee_id: str) -> dict[str, Any]:
    """The facts of a mail without one person, and without what only spoke of them."""
    told = dict(context)
    for name in _LISTS:
        if name in told:
            told[name] = _others(told[name], attendee_id)
    if "meets" in told:
        meets = [met | {"people": _others(met["people"], attendee_id)} for met in told["meets"]]
        told["meets"] = [met for met in meets if met["people"]]
    if (told.get("tip") or {}).get("attendee_id") == attendee_id:
        told["tip"] = None
    return told


def _others(people: list[dict[str, Any]], attendee_id: str) -> list[dict[str, Any]]:
    return [person for person in people if person["attendee_id"] != attendee_id]
