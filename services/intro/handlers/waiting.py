"""The place for who is to be given suggestions: they wait in a table until the matcher comes round to them."""

from collections.abc import Iterable

from services.intro.domain.gatherings import Gathering
from services.intro.handlers import Tx

SUGGEST = "suggest"


def suggest_soon(tx: Tx, gathering: Gathering, attendee_ids: Iterable[str]) -> None:
    """Wakes the matcher for these people, where anybody is introduced at all."""
    if gathering.introduces(tx.now):
        tx.store.introductions.wait_for_suggestions(gathering.id, attendee_ids, since=tx.now)
        tx.wake(SUGGEST)
