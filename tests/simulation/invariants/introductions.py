"""The place for 6: a pair is proposed once, ever, and nobody is introduced who is not coming or did not agree."""

from collections import Counter
from itertools import combinations
from typing import Any


def check_introductions(world: Any) -> None:
    _check_pairs(world)
    _check_seats(world)
    _check_answers(world)


def _check_pairs(world: Any) -> None:
    proposed: dict[str, tuple[str, ...]] = {}
    for one in world.known.events("intro"):
        if one.type.endswith(("introduction.suggested.v1", "introduction.made.v1", "table.made.v1")):
            proposed.setdefault(one.data["introduction_id"], tuple(sorted(one.data["people"])))
    pairs = Counter(pair for people in proposed.values() for pair in combinations(people, 2))
    for pair, times in pairs.items():
        if times > 1:
            world.broken(6, f"{pair} were proposed to each other in {times} introductions")


def _check_seats(world: Any) -> None:
    """As everything stands in the end: whoever is not coming is in no introduction that is open."""
    rsvp, intro = world.databases["rsvp"], world.databases["intro"]
    coming = {(row["gathering_id"], row["attendee_id"]): row["status"] for row in rsvp.rows("SELECT * FROM rsvps")}
    cancelled = {row["id"] for row in rsvp.rows("SELECT id FROM gatherings WHERE cancelled_at IS NOT NULL")}
    for seat in intro.rows(
        "SELECT s.*, i.status FROM seats s JOIN introductions i ON i.id = s.introduction_id"
        " WHERE i.status IN ('suggested', 'accepted', 'made')"
    ):
        status = coming.get((seat["gathering_id"], seat["attendee_id"]), "gone")
        if not seat["left"] and (status != "going" or seat["gathering_id"] in cancelled):
            world.broken(
                6, f"{seat['attendee_id']} is {status} and still {seat['status']} in {seat['introduction_id']}"
            )


def _check_answers(world: Any) -> None:
    """What is made was accepted by all who were asked; a pass ends it, and what people were answered holds."""
    intro = world.databases["intro"]
    seats = intro.rows("SELECT s.*, i.status FROM seats s JOIN introductions i ON i.id = s.introduction_id")
    for seat in seats:
        if seat["left"]:
            continue
        if seat["status"] == "made" and seat["asked"] and seat["answer"] != "accept":
            world.broken(6, f"{seat['introduction_id']} was made and {seat['attendee_id']} said {seat['answer']}")
        if seat["answer"] == "pass" and seat["status"] in ("suggested", "accepted", "made"):
            world.broken(6, f"{seat['introduction_id']} is {seat['status']} and {seat['attendee_id']} passed")
    given = {(seat["introduction_id"], seat["attendee_id"]): seat for seat in seats}
    for (introduction_id, attendee_id), answer in world.answers.items():
        kept = given.get((introduction_id, attendee_id))
        if kept and not kept["left"] and kept["answer"] != answer and kept["status"] not in ("expired", "withdrawn"):
            world.broken(1, f"{attendee_id} was thanked for {answer} to {introduction_id}, kept is {kept['answer']}")
