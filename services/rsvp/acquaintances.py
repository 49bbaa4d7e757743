"""The place for bringing in who knows whom already: previewed, or taken, with the same report; by API and by page."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from services.rsvp.domain.acquainted import Effect
from services.rsvp.domain.guest_lists import Acquainted, read_acquainted
from services.rsvp.handlers.acquainted import Row, looked_up, note_acquainted
from services.rsvp.importing import REASONS_MOST, RefusedShown
from services.rsvp.ports import Store
from services.rsvp.store.views import the_gathering
from shared.transaction import Runner

CHUNK = 100


class AcquaintedReport(BaseModel):
    """What a list of who knows whom did, or with `preview` would do."""

    preview: bool
    couples: int = Field(description="How many couples the list names.")
    effects: dict[str, int] = Field(
        description="added, waiting (one of the two has not answered yet: it counts once they do), unchanged, "
        "forgotten (one asked to be erased), refused."
    )
    refused: list[RefusedShown] = Field(description="Rows that were not taken, by line and reason.")


async def read_couples(raw: bytes) -> Acquainted:
    """The list in a file, read beside the event loop. Raises GuestListRefused."""
    return await asyncio.to_thread(read_acquainted, raw)


async def take_couples(
    run: Runner[Any], reference: str, listed: Acquainted, *, preview: bool = False
) -> AcquaintedReport:
    """Stores the list, some couples at a time; again it changes nothing. Raises GatheringUnknown."""
    gathering = await run.read(the_gathering, reference)
    effects: list[Effect] = []
    for start in range(0, len(listed.pairs), CHUNK):
        rows = listed.pairs[start : start + CHUNK]
        if preview:
            effects += await run.read(_would, rows)
        else:
            effects += await run(note_acquainted, gathering.id, rows)
    refused = [RefusedShown(line=one.line, reason=one.reason) for one in listed.refused]
    counted: dict[str, int] = dict(Counter(effects)) | ({"refused": len(refused)} if refused else {})
    return AcquaintedReport(preview=preview, couples=len(listed.pairs), effects=counted, refused=refused[:REASONS_MOST])


def _would(store: Store, rows: Sequence[Row]) -> list[Effect]:
    return [effect for _, effect in looked_up(store, rows)]
