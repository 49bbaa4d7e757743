"""The place where matching meets the store: computed on a thread of its own, checked and kept in one transaction."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from services.intro.adapters.apart import computed_apart
from services.intro.domain.proposals import Proposal
from services.intro.domain.rounds import Round
from services.intro.handlers.rounds import ROUNDS, finish_round, keep_part
from services.intro.handlers.suggesting import keep_suggestions
from services.intro.handlers.waiting import SUGGEST
from services.intro.indexes import Indexes, find_for_those_who_wait
from services.intro.store import SqlStore
from services.intro.store.inputs import Changes, changes_since, inputs_of, seed_of, waits
from shared.clock import Clock
from shared.ids import GatheringId, RoundId
from shared.signals import Signals
from shared.transaction import Runner

log = structlog.get_logger()

POLL_SECONDS = 5.0
TRIES = 4
PART = 500
"""Proposals in one transaction of a large round, so that others get their turn."""


class Matchmaker:
    """Suggests to those who wait and runs the rounds that were asked for; several may do so at once."""

    def __init__(self, run: Runner[Any], *, signals: Signals, clock: Clock, indexes: Indexes | None = None) -> None:
        self._run, self._signals, self._clock = run, signals, clock
        self._indexes = indexes or Indexes()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def suggest(self) -> None:
        """Runs until cancelled: woken by whoever begins to wait."""
        while True:
            for gathering_id in await self._run.read(waits):
                await self.serve_gathering(gathering_id)
            await self._signals.wait(SUGGEST, at_most=POLL_SECONDS)

    async def run_rounds(self) -> None:
        """Runs until cancelled: woken by whoever asks for a round."""
        while True:
            for wanted in await self._run.read(_asked):
                await self.run_round(wanted)
            await self._signals.wait(ROUNDS, at_most=POLL_SECONDS)

    async def serve_gathering(self, gathering_id: str) -> None:
        """Gives everybody who waits at a gathering their suggestions; what was lost to a race is matched anew."""
        async with self._turns[gathering_id]:
            lost = 0
            while (changes := await self._changes(gathering_id)) and changes.waiting:
                if await self._suggest_to(changes):
                    continue
                lost += 1
                self._indexes.forget(gathering_id)
                if lost == TRIES:  # whoever still waits is served by the next round, or the next change
                    log.warning("suggestions.given_up", gathering_id=gathering_id)
                    await self._run(keep_suggestions, gathering_id, (), served=changes.waiting)

    async def _changes(self, gathering_id: str) -> Changes | None:
        stamp, basis = self._indexes.known(gathering_id)
        return await self._run.read(changes_since, gathering_id, stamp, basis, self._clock.now())

    async def _suggest_to(self, changes: Changes) -> bool:
        now = self._clock.now()

        def find() -> list[Proposal]:
            return find_for_those_who_wait(self._indexes.brought_up_to(changes, now), changes, now)

        try:
            found = await asyncio.to_thread(find)
        except BaseException:
            self._indexes.forget(changes.gathering.id)
            raise
        return await self._run(keep_suggestions, changes.gathering.id, found, served=changes.waiting)

    async def run_round(self, wanted: Round) -> None:
        """Runs a round that was asked for; one that others have run already changes nothing."""
        async with self._turns[wanted.gathering_id]:
            if await self._run.read(_state, wanted.id) != "asked":
                return
            gathering_id, now = wanted.gathering_id, self._clock.now()
            inputs = await self._run.read(inputs_of, gathering_id, seed=seed_of(wanted.id), now=now)
            done, proposals = await computed_apart(wanted, inputs)
            done = replace(done, ran_at=now)
            dropped: list[Proposal] = []
            while len(proposals) > PART:
                dropped += await self._run(keep_part, wanted.id, proposals[:PART])
                proposals = proposals[PART:]
            await self._run(finish_round, done, proposals, dropped)
            log.info("round.ran", round_id=wanted.id, gathering_id=gathering_id, people=done.report["people"])

    async def try_out(self, gathering_id: str) -> tuple[Round, Sequence[Proposal]]:
        """What a round would come to now. Nothing is kept, nobody is told. Raises GatheringUnknown."""
        now = self._clock.now()
        seed = seed_of(f"{gathering_id}|{now.isoformat()}")
        inputs = await self._run.read(inputs_of, gathering_id, seed=seed, now=now)
        wanted = Round(RoundId(""), GatheringId(gathering_id), "asked", "dry run", asked_at=now)
        done, proposals = await computed_apart(wanted, inputs)
        return replace(done, ran_at=now), proposals


def _state(store: SqlStore, round_id: str) -> str:
    kept = store.rounds.get(round_id)
    return kept.state if kept else ""


def _asked(store: SqlStore) -> list[Round]:
    return store.rounds.asked()
