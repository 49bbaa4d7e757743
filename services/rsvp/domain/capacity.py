"""The place for who gets a place: capacity with guests counted, and a waiting list that keeps its order.

Two rules make it fair and let no place go to waste. A place that becomes free goes to the first in line whose
party fits into what is free. A newcomer gets a place only when nobody in line could use it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from shared.errors import TablematesError


class GatheringFull(TablematesError):
    """The gathering is full, and it keeps no waiting list."""

    code = "gathering_full"
    status = 409


class PartyTooLarge(TablematesError):
    """So many people can never fit into this gathering; come with fewer guests."""

    code = "party_too_large"
    status = 409


class GuestsDoNotFit(TablematesError):
    """There are not enough free places for so many guests; what you have is kept."""

    code = "guests_do_not_fit"
    status = 409


class CapacityTaken(TablematesError):
    """More people are going already than would have a place."""

    code = "capacity_taken"
    status = 409


@dataclass(frozen=True, slots=True)
class Room:
    """A gathering's places. `capacity` None is no limit; `taken` counts everybody going and their guests."""

    capacity: int | None
    waiting_list: bool
    taken: int

    @property
    def free(self) -> int | None:
        """Places left, None when there is no limit."""
        return None if self.capacity is None else self.capacity - self.taken

    def fits(self, party: int) -> bool:
        return self.free is None or party <= self.free


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in line, and how many places they need."""

    rsvp_id: str
    party: int


def seat(room: Room, *, party: int, somebody_waits: bool) -> Literal["going", "waitlisted"]:
    """Whether a newcomer's party is going or waits; `somebody_waits` when anybody in line fits into what is free.

    Raises GatheringFull without a waiting list, and PartyTooLarge for a party that could wait for ever.
    """
    if room.fits(party) and (room.capacity is None or not somebody_waits):
        return "going"
    check_party(room, party)
    if not room.waiting_list:
        raise GatheringFull
    return "waitlisted"


def check_party(room: Room, party: int) -> None:
    """Raises PartyTooLarge when the party could never fit."""
    if room.capacity is not None and party > room.capacity:
        raise PartyTooLarge(
            f"The gathering has {room.capacity} places in all, which is too few for {party} people; "
            "come with fewer guests."
        )


def check_growth(room: Room, *, before: int, after: int) -> None:
    """Whether a party that has its places can have some more. Raises GuestsDoNotFit."""
    if after > before and not room.fits(after - before):
        raise GuestsDoNotFit


def promotions(room: Room, line: Iterable[Waiting]) -> Iterator[Waiting]:
    """Who of those in line, first come first, gets the places that are free now."""
    free = room.free
    for waiting in line:
        if free is not None and free <= 0:
            return
        if free is None or waiting.party <= free:
            free = None if free is None else free - waiting.party
            yield waiting


def resized(room: Room, capacity: int | None) -> Room:
    """The room with another capacity. Raises CapacityTaken when more people are going than that."""
    if capacity is not None and capacity < room.taken:
        raise CapacityTaken(
            f"{room.taken} people are going, so the capacity cannot be {capacity}; "
            "first take some of them off the list."
        )
    return Room(capacity, room.waiting_list, room.taken)
