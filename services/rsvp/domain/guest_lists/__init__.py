"""The place for reading guest lists: one function for a list of any tool, one for who already knows whom."""

from services.rsvp.domain.guest_lists.acquainted import Acquainted, read_acquainted
from services.rsvp.domain.guest_lists.errors import GuestListRefused
from services.rsvp.domain.guest_lists.reading import read_guest_list
from services.rsvp.domain.guest_lists.records import Column, Field, Guest, GuestList, Refusal, Status

__all__ = [
    "Acquainted",
    "Column",
    "Field",
    "Guest",
    "GuestList",
    "GuestListRefused",
    "Refusal",
    "Status",
    "read_acquainted",
    "read_guest_list",
]
