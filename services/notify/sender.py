"""The place for the loop that sends: claims in one transaction, hands over side by side, settles in the next."""

import asyncio
import random
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from services.notify.domain.breaker import Breaker
from services.notify.domain.outcomes import Lost, Outcome, Refused
from services.notify.domain.watching import Watch
from services.notify.handlers.delivery import LEASE, Done, Owner, Policies, Turn, next_mail_at, take_turn
from services.notify.ports import Mailer, MailRow, Render, Store
from shared import telemetry, tracing
from shared.cancelling import cancelled, to_the_end
from shared.clock import Clock
from shared.signals import Signals
from shared.transaction import Runner, StoreUnavailable

log = structlog.get_logger()

LOOK_AGAIN_SECONDS = 5.0
TEND_SECONDS = 4.0
STORE_PAUSE_SECONDS = 0.25
FINISH_SECONDS, SETTLE_SECONDS = 6.0, 1.5
SIGNAL = "mail"


@dataclass(slots=True)
class Sender:
    """Sends what waits, from `serve()` on until it is cancelled; then it finishes what is under way, and settles it.

    No mail is handed over before the transaction that marks it `sending` has committed.
    """

    run: Runner[Store]
    mailer: Mailer
    render: Render
    signals: Signals
    clock: Clock
    chance: random.Random
    owner: Owner
    policies: Policies
    breaker: Breaker = field(init=False)
    trouble: str | None = None
    _tended_at: float | None = None
    _flying: "dict[int, asyncio.Task[None]]" = field(default_factory=dict)
    _done: list[Done] = field(default_factory=list)
    _watch: Watch = field(default_factory=lambda: Watch(LEASE.total_seconds()))

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.chance)

    async def serve(self) -> None:
        """Runs until cancelled."""
        try:
            while True:
                await self.signals.wait(SIGNAL, at_most=await self.step())
        finally:
            await to_the_end(self._finish())

    async def step(self) -> float:
        """One turn: settles, claims, sets off. Answers for how many seconds there is nothing to do."""
        room = await self._room()
        done = list(self._done)
        busy = {*self._flying, *(one.mail.number for one in done)}
        try:
            turn = await self.run(
                take_turn,
                self.owner,
                done=done,
                busy=busy,
                silent=self._watch.silent(self.clock.monotonic()),
                room=room,
                policies=self.policies,
                repeatable=self.mailer.repeatable,
                tend=self._has_to_tend(),
            )
        except StoreUnavailable:
            self._tended_at = None  # it may have claimed, and we did not hear which
            return STORE_PAUSE_SECONDS
        self._done = self._done[len(done) :]
        if turn.leases is not None:
            self._tended_at = self.clock.monotonic()
            self._watch.look(turn.leases, self._tended_at)
        for mail in turn.claimed:
            self._set_off(mail)
        return self._pause(turn, room)

    def _has_to_tend(self) -> bool:
        return self._tended_at is None or self.clock.monotonic() - self._tended_at >= TEND_SECONDS

    async def _room(self) -> int:
        """How many mails may be claimed. No mail is claimed before the host is in reach: one that is marked
        `sending` while we try to connect would be in doubt after a crash.
        """
        free = self.mailer.concurrency - len(self._flying)
        if free <= 0 or self.breaker.pause(self.clock.monotonic()):
            return 0
        if self.mailer.ready and not self.breaker.tripped:
            return free
        with suppress(StoreUnavailable):
            waits = await self.run.read(next_mail_at)
            if waits is not None and waits <= self.clock.now():
                return free if await self._host_is_in_reach() else 0
        return 0

    async def _host_is_in_reach(self) -> bool:
        trouble = await self.mailer.prepare()
        if trouble is not None:
            self._note(trouble)
        elif self.breaker.tripped:
            log.info("mail_host.back")
            self.breaker.note_success()
            self.trouble = None
        return trouble is None

    def _pause(self, turn: Turn, room: int) -> float:
        if self._done:
            return 0.0
        most = TEND_SECONDS if self._flying else LOOK_AGAIN_SECONDS
        full = len(self._flying) >= self.mailer.concurrency or 0 < room == len(turn.claimed)
        if full or turn.next_at is None:
            return most  # whoever is done, or commits a mail, wakes us
        wait = (turn.next_at - self.clock.now()).total_seconds()
        return max(0.0, min(most, max(wait, self.breaker.pause(self.clock.monotonic()))))

    def _set_off(self, mail: MailRow) -> None:
        task = asyncio.create_task(self._hand_over(mail), name=f"mail-{mail.number}")
        self._flying[mail.number] = task

    async def _hand_over(self, mail: MailRow) -> None:
        cause = tracing.Context(mail.traceparent, mail.correlation_id)
        try:
            with tracing.acting_in(cause), telemetry.span(f"send {mail.kind}", "client"):
                outcome = await self._deliver(mail)
                log.info("mail.handed_over", mail=mail.number, kind=mail.kind, outcome=type(outcome).__name__.lower())
            self._note(outcome)
            self._done.append(Done(mail, outcome))
        finally:
            self._flying.pop(mail.number, None)
            self.signals.give(SIGNAL)

    async def _deliver(self, mail: MailRow) -> Outcome:
        try:
            message = self.render(mail)
        except Exception as error:
            log.exception("mail.not_rendered", mail=mail.number, kind=mail.kind)
            return Refused(f"it could not be rendered ({type(error).__name__})")
        try:
            return await self.mailer.deliver(message)
        except Exception as error:
            log.exception("mail.adapter_failed", mail=mail.number, kind=mail.kind)
            return Lost(f"{type(error).__name__} while it was handed over")

    def _note(self, outcome: Outcome) -> None:
        if not isinstance(outcome, Refused):
            self.breaker.note_success()
            self.trouble = None
        elif outcome.host:
            self.trouble = outcome.reason
            if not self.breaker.tripped:
                log.warning("mail_host.in_trouble", reason=outcome.reason)
            self.breaker.note_trouble(self.clock.monotonic())

    async def _finish(self) -> None:
        """Lets the dialogues under way come to their end, and settles them; what hangs is cut off and in doubt."""
        if self._flying:
            await asyncio.wait(self._flying.values(), timeout=FINISH_SECONDS)
        hanging = dict(self._flying)
        await cancelled(hanging.values())
        tries = int(SETTLE_SECONDS / STORE_PAUSE_SECONDS)
        while not await self._settled(hanging) and (tries := tries - 1):
            await self.clock.sleep(STORE_PAUSE_SECONDS)
        await self.mailer.close()

    async def _settled(self, hanging: Collection[int]) -> bool:
        """The last turn: nothing is claimed any more, and what was claimed unheard of is given back."""
        try:
            await self.run(
                take_turn,
                self.owner,
                done=self._done,
                busy=hanging,
                room=0,
                policies=self.policies,
                repeatable=self.mailer.repeatable,
            )
        except StoreUnavailable:
            return False
        self._done = []
        return True
