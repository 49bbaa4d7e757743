"""A public stream of RSVPs as it came: redelivered, out of order, flipping between yes and no."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.story.town import Town
from tests.data import shared_data
from tests.journeys.people import a_gathering
from tests.journeys.test_real_guest_lists import roster

pytestmark = pytest.mark.slow


def messages() -> list[dict[str, Any]]:
    path = next(shared_data("meetup_stream").glob("*.jsonl"))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def as_rsvp(message: dict[str, Any]) -> dict[str, Any]:
    """One message as a line that the importer reads; the RSVP's id is the address, so each RSVP is one person."""
    return {
        "email": f"rsvp{message['rsvp_id']}@example.org",
        "name": message["member"].get("member_name") or "",
        "response": "going" if message["response"] == "yes" else "declined",
        "guests": message.get("guests", 0),
        "updated_at": datetime.fromtimestamp(message["mtime"] / 1000, UTC).isoformat(),
    }


def truth() -> dict[str, tuple[str, int]]:
    """The state of the highest `mtime` of each RSVP, worked out apart from the importer."""
    newest: dict[Any, dict[str, Any]] = {}
    for message in messages():
        known = newest.get(message["rsvp_id"])
        if known is None or message["mtime"] > known["mtime"]:
            newest[message["rsvp_id"]] = message
    rsvps = [as_rsvp(message) for message in newest.values()]
    return {rsvp["email"]: (rsvp["response"], rsvp["guests"]) for rsvp in rsvps}


def lines(rsvps: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(rsvp) for rsvp in rsvps).encode()


async def test_the_stream_in_its_own_disorder_ends_in_the_state_of_the_newest(town: Town) -> None:
    gathering = await a_gathering(town, introductions={"mode": "none"})

    await town.imports(gathering, lines([as_rsvp(message) for message in messages()]), "application/x-ndjson")

    assert await states(town, gathering) == truth()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_stream_may_be_cut_anywhere_and_resumed_with_repeats(town: Town, seed: int) -> None:
    chance = random.Random(seed)
    gathering = await a_gathering(town, introductions={"mode": "none"})
    rsvps = [as_rsvp(message) for message in messages()]
    at = 0
    while at < len(rsvps):
        end = at + chance.randint(1, 300)
        await town.imports(gathering, lines(rsvps[max(0, at - chance.randint(0, 40)) : end]), "application/x-ndjson")
        at = end

    assert await states(town, gathering) == truth()


async def states(town: Town, gathering: dict[str, Any]) -> dict[str, tuple[str, int]]:
    people = await roster(town, gathering)
    return {email: (rsvp["status"], rsvp["guests"]) for email, rsvp in people.items()}
