"""The place for having a service read everything again, from the first event, while it runs."""

from collections.abc import Sequence
from typing import Any

from shared.bus import Bus, BusUnavailable
from shared.errors import TryAgainLater
from shared.positions import rewind
from shared.transaction import Runner


class ReplayCutShort(TryAgainLater):
    """The broker went away when the replay had just begun, and may not have everything: ask for it once more."""

    code = "replay_cut_short"


async def begin_replay(run: Runner[Any], bus: Bus, streams: Sequence[str]) -> dict[str, int]:
    """Sends the service's readers back to the first event, and says how far each stream is to be read.

    Raises BusUnavailable before anything is changed, or ReplayCutShort after it.
    """
    goals = {stream: await bus.top(stream) for stream in streams}
    await run(rewind, streams)
    try:
        for stream in streams:
            await bus.forget(stream)  # entries that were trimmed come back from the outbox too
    except BusUnavailable as error:
        raise ReplayCutShort from error
    return goals
