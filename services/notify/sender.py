"""The place for the loop that sends: claims in one transaction, hands over side by side, settles in the next."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog

from services.notify.domain.breaker import Breaker
from services.notify.domain.outcomes import Lost, Outcome, Refused
from services.notify.domain.watching import Watch
from services.notify.handlers.claiming import LEASE, Owner
from services.notify.handlers.delivery import Done, Policies, Turn, next_mail_at, take_turn
from services.notify.in_hand import Begun, InHand, Taking
from services.notify.ports import Mailer, MailRow, Render, Store
from shared import telemetry, tracing
from shared.cancelling import cancelled, to_the_end
from shared.clock import Clock
from shared.signals import Signals
from shared.transaction import Runner, StoreUnavailable, Transaction

log = structlog.get_logger()
P = ParamSpec("P")
R = TypeVar("R")

LOOK_AGAIN_SECONDS = 5.0
TEND_SECONDS = 4.0
STORE_PAUSE_SECONDS = 0.25
FINISH_SECONDS, SETTLE_SECONDS = 6.0, 1.5
BEGUN_FOR_SECONDS = 5.0  # a host that waits for a message longer than this may be about to hang up
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
    in_hand: InHand = field(default_factory=InHand)
    _stopping: bool = False
    _ending: "set[asyncio.Task[None]]" = field(default_factory=set)
    _tended_at: float | None = None
    _watch: Watch = field(default_factory=lambda: Watch(LEASE.total_seconds()))

    def __post_init__(self) -> None:
        self.breaker = Breaker(self.chance)

    async def serve(self) -> None:
        """Runs until cancelled."""
        self._stopping = False
        try:
            while True:
                await self.signals.wait(SIGNAL, at_most=await self.step())
        finally:
            self._stopping = True
            await to_the_end(self._finish())

    async def step(self) -> float:
        """One turn: settles, claims, sets off. Answers for how many seconds there is nothing to do."""
        room = await self._room()
        try:
            turn = await self._turn(room)
        except StoreUnavailable:
            return STORE_PAUSE_SECONDS
        return self._pause(turn)

    async def _turn(self, room: int) -> Turn:
        done = list(self.in_hand.done.values())
        turn = await self.transact(
            Taking(),
            take_turn,
            self.owner,
            done=done,
            busy=self.in_hand,
            silent=self._watch.silent(self.clock.monotonic()),
            room=room,
            policies=self.policies,
            repeatable=self.mailer.repeatable,
            tend=self._has_to_tend(),
        )
        self._set_off((mail, None) for mail in turn.claimed)
        for one in done:
            if self.in_hand.done.get(one.mail.number) is one:  # else it was handed over once more in the meantime
                del self.in_hand.done[one.mail.number]
        if turn.leases is not None:
            self._tended_at = self.clock.monotonic()
            self._watch.look(turn.leases, self._tended_at)
        return turn

    async def transact(
        self,
        taking: Taking,
        handler: Callable[Concatenate[Transaction[Store], P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs what claims mails, and sets them off, whether or not somebody still waits for it then."""
        work = taking.work = asyncio.ensure_future(self.run(handler, *args, **kwargs))
        self.in_hand.takings.append(taking)
        work.add_done_callback(lambda _: self._heard(taking, work))
        return await asyncio.shield(work)

    def _heard(self, taking: Taking, work: "asyncio.Future[Any]") -> None:
        """The claims of a transaction go their way, in the moment in which its end is heard of."""
        if work.cancelled() or work.exception() is not None:
            self._tended_at = None  # it may have claimed, and we did not hear which
        else:
            since = self.clock.monotonic() - BEGUN_FOR_SECONDS
            self._set_off((mail, taking.begun_with(mail, since=since)) for mail in taking.mails)
        self._break_off(taking)
        self.in_hand.let_go(taking)

    def begin(self, taking: Taking) -> None:
        """While the claims are being committed: says to the host all but the messages.

        What cannot be rendered says so when it is to be handed over. Of a transaction that is tried again, what was
        begun before is broken off.
        """
        self._break_off(taking)
        for mail in [] if self._stopping else taking.mails[:]:
            with suppress(Exception):
                message, go_ahead = self.render(mail), asyncio.Event()
                dialogue = asyncio.create_task(self.mailer.deliver(message, go_ahead), name=f"begun-{mail.number}")
                taking.begun.append(Begun(mail, dialogue, go_ahead, self.clock.monotonic()))

    def _break_off(self, taking: Taking) -> None:
        if dialogues := taking.break_off():
            ending = asyncio.create_task(cancelled(dialogues), name="broken-off")  # who may not hear it at once
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def takes_more(self) -> bool:
        """Whether a mail that is claimed now can be handed over at once."""
        within_reach = self.mailer.ready and not self.breaker.tripped
        return within_reach and not self._stopping and len(self.in_hand) < self.mailer.concurrency

    def _has_to_tend(self) -> bool:
        return self._tended_at is None or self.clock.monotonic() - self._tended_at >= TEND_SECONDS

    async def _room(self) -> int:
        """How many mails may be under way. No mail is claimed before the host is in reach: one that is marked
        `sending` while we try to connect would be in doubt after a crash.
        """
        free = self.mailer.concurrency - len(self.in_hand.flying)
        if free <= 0 or self.breaker.pause(self.clock.monotonic()):
            return 0
        if self.mailer.ready and not self.breaker.tripped:
            return self.mailer.concurrency
        with suppress(StoreUnavailable):
            waits = await self.run.read(next_mail_at)
            if waits is not None and waits <= self.clock.now() and await self._host_is_in_reach():
                return self.mailer.concurrency
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

    def _pause(self, turn: Turn) -> float:
        if self.in_hand.done:
            return 0.0
        flying = len(self.in_hand.flying)
        most = TEND_SECONDS if flying else LOOK_AGAIN_SECONDS
        if flying >= self.mailer.concurrency or turn.next_at is None:
            return most  # whoever is done, or commits a mail, wakes us
        wait = (turn.next_at - self.clock.now()).total_seconds()
        return max(0.0, min(most, max(wait, self.breaker.pause(self.clock.monotonic()))))

    def _set_off(self, mails: Iterable[tuple[MailRow, Begun | None]]) -> None:
        if self._stopping:
            return  # `_finish` puts them back
        for mail, begun in mails:
            if begun:
                begun.go_ahead.set()
            task = asyncio.create_task(self._hand_over(mail, begun), name=f"mail-{mail.number}")
            self.in_hand.flying[mail.number] = task

    async def _hand_over(self, mail: MailRow, begun: Begun | None) -> None:
        cause = tracing.Context(mail.traceparent, mail.correlation_id)
        outcome: Outcome = Lost("the process ended while this was being handed over")
        try:
            with tracing.acting_in(cause), telemetry.span(f"send {mail.kind}", "client"):
                outcome = await self._deliver(mail, begun)
                log.info("mail.handed_over", mail=mail.number, kind=mail.kind, outcome=type(outcome).__name__.lower())
            self._note(outcome)
        finally:
            self.in_hand.done[mail.number] = Done(mail, outcome)
            self.in_hand.flying.pop(mail.number, None)
            self.signals.give(SIGNAL)

    async def _deliver(self, mail: MailRow, begun: Begun | None) -> Outcome:
        try:
            handing_over = begun.dialogue if begun else self.mailer.deliver(self.render(mail))
        except Exception as error:
            log.exception("mail.not_rendered", mail=mail.number, kind=mail.kind)
            return Refused(f"it could not be rendered ({type(error).__name__})")
        try:
            return await handing_over
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
        """Lets what is under way come to its end, and settles it; what hangs is cut off, and in doubt."""
        works = [taking.work for taking in self.in_hand.takings if taking.work]
        flying = self.in_hand.flying.values()
        if works or flying:
            await asyncio.wait([*works, *flying], timeout=FINISH_SECONDS)
        await cancelled([*flying])
        for taking in self.in_hand.takings:
            self._break_off(taking)
        await asyncio.gather(*self._ending)
        self.in_hand.takings.clear()
        self._tended_at = None  # what was claimed and never set off goes back
        tries = int(SETTLE_SECONDS / STORE_PAUSE_SECONDS)
        while not await self._settled() and (tries := tries - 1):
            await self.clock.sleep(STORE_PAUSE_SECONDS)
        await self.mailer.close()

    async def _settled(self) -> bool:
        """The last turn, in which nothing is claimed any more."""
        try:
            await self._turn(room=0)
        except StoreUnavailable:
            return False
        return True
