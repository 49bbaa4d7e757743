"""The place for 6: a pair is proposed once, ever, and nobody is introduced who is not coming or did not agree."""

from collections import Counter, defaultdict
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
    """A pair is made when all who were asked accept, and a pass or knowing each other ends it; a table needs two who
    agree. What people were answered holds.
    """
    at: dict[str, list[Any]] = defaultdict(list)
    for seat in world.databases["intro"].rows(
        "SELECT s.*, i.status FROM seats s JOIN introductions i ON i.id = s.introduction_id"
    ):
        at[seat["introduction_id"]].append(seat)
    for seats in at.values():
        (_check_pair if len(seats) == 2 else _check_table)(world, [seat for seat in seats if not seat["left"]])
    given = {(seat["introduction_id"], seat["attendee_id"]): seat for seats in at.values() for seat in seats}
    for (introduction_id, attendee_id), answer in world.answers.items():
        kept = given.get((introduction_id, attendee_id))
        if kept and not kept["left"] and kept["answer"] != answer and kept["status"] not in ("expired", "withdrawn"):
            world.broken(1, f"{attendee_id} was thanked for {answer} to {introduction_id}, kept is {kept['answer']}")


def _check_pair(world: Any, seats: list[Any]) -> None:
    for seat in seats:
        if seat["status"] == "made" and not _agrees(seat):
            world.broken(6, f"{seat['introduction_id']} was made and {seat['attendee_id']} said {seat['answer']}")
        if seat["answer"] in ("pass", "know") and seat["status"] in ("suggested", "accepted", "made"):
            world.broken(
                6, f"{seat['introduction_id']} is {seat['status']}, {seat['attendee_id']} said {seat['answer']}"
            )


def _check_table(world: Any, seats: list[Any]) -> None:
    agreed = sum(map(_agrees, seats))
    if seats and seats[0]["status"] == "made" and agreed < 2:
        world.broken(6, f"{seats[0]['introduction_id']} was made, and {agreed} people agreed")


def _agrees(seat: Any) -> bool:
    return not seat["asked"] or seat["answer"] == "accept"
