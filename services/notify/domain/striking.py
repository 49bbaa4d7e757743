"""The place for taking somebody, or their tip, out of what is not sent yet: it speaks of them no more."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.notify.domain.facts import Side
from services.notify.domain.kinds import INTRODUCING, Kind

_BEGINS = 60
"""So much of a tip tells that an opening quotes it, which may cut it off."""


def introduces_nobody(kind: Kind, context: Mapping[str, Any]) -> bool:
    """Whether everybody was taken out of a mail that is about meeting them."""
    return (kind in INTRODUCING or kind == "mentee.nudge") and not context.get("people")


def without(context: Mapping[str, Any], attendee_id: str) -> dict[str, Any]:
    """The facts of a mail without one person, and without words that may speak of them."""
    told = _said_without(context, attendee_id) if "people" in context else dict(context)
    if "reply_to" in told:
        told["reply_to"] = _others(told["reply_to"], attendee_id)
    if "meets" in told:
        meets = [_said_without(met, attendee_id) for met in told["meets"]]
        told["meets"] = [met for met in meets if met["people"]]
    if (told.get("tip") or {}).get("attendee_id") == attendee_id:
        told["tip"] = None
    return told


def _said_without(told: Mapping[str, Any], attendee_id: str) -> dict[str, Any]:
    """Who is met; where one of them goes, the reasons and the opening go too, since they may name them."""
    others = _others(told["people"], attendee_id)
    if len(others) == len(told["people"]):
        return dict(told)
    return {**told, "people": others, "reasons": [], "opener": ""}


def _others(people: list[dict[str, Any]], attendee_id: str) -> list[dict[str, Any]]:
    return [person for person in people if person["attendee_id"] != attendee_id]


def spellings(tip: str) -> tuple[str, str]:
    """How others' introductions may have a tip: as it was written, and how an opening that quotes it begins to."""
    return tip, f"“{' '.join(tip.split())[:_BEGINS]}"


def side_without_tip(side: Side, tip: str) -> Side:
    """One side of an introduction without this tip, and without an opening that quotes it."""
    return replace(side, tip=None if side.tip == tip else side.tip, opener=_unless_quoted(side.opener, tip))


def without_tip(context: Mapping[str, Any], tip: str) -> dict[str, Any]:
    """The facts of a mail without this tip."""
    told = dict(context)
    if (told.get("tip") or {}).get("text") == tip:
        told["tip"] = None
    if "opener" in told:
        told["opener"] = _unless_quoted(told["opener"], tip)
    if "meets" in told:
        told["meets"] = [met | {"opener": _unless_quoted(met["opener"], tip)} for met in told["meets"]]
    return told


def _unless_quoted(opener: str, tip: str) -> str:
    return "" if spellings(tip)[1] in opener else opener
