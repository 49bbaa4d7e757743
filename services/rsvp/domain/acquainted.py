"""The place for two people who know each other already, as a list of an organiser's says.

They are kept by the digests of their addresses, so that a list may come before its people do and nothing is kept of
those who never come; whoever is here is known by id as well. Once both are, the other services hear of it.
"""

from dataclasses import dataclass, replace
from typing import Literal

Effect = Literal["added", "waiting", "unchanged", "forgotten"]
"""What a row did: `waiting` for who has not answered yet, `forgotten` is somebody who asked to be erased."""


@dataclass(frozen=True, slots=True)
class Couple:
    """Digests of two addresses, the smaller first, with the ids of those of the two who are here."""

    a: str
    b: str
    a_id: str | None = None
    b_id: str | None = None

    @property
    def both_here(self) -> bool:
        return self.a_id is not None and self.b_id is not None

    @property
    def people(self) -> tuple[str, str]:
        """Their ids, in one order whoever asks. Only where both are here."""
        one, other = sorted((self.a_id or "", self.b_id or ""))
        return one, other

    def seeing(self, digest: str, attendee_id: str) -> "Couple":
        """The couple once the one with this address is here."""
        return replace(self, **{"a_id" if digest == self.a else "b_id": attendee_id})


def couple(one: tuple[str, str | None], other: tuple[str, str | None]) -> Couple:
    """The couple of two (digest, id)."""
    (a, a_id), (b, b_id) = sorted((one, other), key=lambda somebody: somebody[0])
    return Couple(a, b, a_id, b_id)


def effect_of(found: Couple, before: Couple | None, *, forgotten: frozenset[str]) -> Effect:
    """What a row that says `found` does to what is kept."""
    if any(digest in forgotten and not here for digest, here in ((found.a, found.a_id), (found.b, found.b_id))):
        return "forgotten"
    if before == found or (before is not None and before.both_here):
        return "unchanged"
    return "added" if found.both_here else "waiting"
