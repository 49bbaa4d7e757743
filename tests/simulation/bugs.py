"""The place for bugs that are planted to see that they are found. Each is a mistake that somebody could make."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from services.notify.domain.outcomes import Lost, Next
from services.notify.handlers import delivery as _delivery
from services.notify.handlers import gatherings as _gatherings
from services.notify.store import mails as _mails
from services.notify.store.tables import mails as table
from services.notify.store.tables import people
from services.rsvp import consumers as _addresses
from shared import batches as _batches
from shared import outbox
from shared import parked as _parked
from shared import positions as _positions
from shared import streams as _streams
from shared.bus import Entry
from shared.jobs import each_apart
from shared.prepared import Prepared
from shared.tables import positions
from shared.transaction import Transaction

Plant = Callable[[], None]

# what is planted stands where the module under test has imported something, so these are taken as they come
addresses: Any = _addresses
delivery: Any = _delivery
gatherings: Any = _gatherings
mails: Any = _mails
streams: Any = _streams
batches: Any = _batches
parked: Any = _parked


def no_position_check() -> None:
    """A batch is taken whatever the committed position is, so a repeated one counts twice."""

    def move(tx: Any, stream: str, *, from_: int, to: int) -> bool:
        tx.sql.execute(sa.update(positions).where(positions.c.stream == stream).values(position=to, attempts=0))
        return True

    batches.move_position = move


def position_after_commit() -> None:
    """The position is kept in a transaction of its own, after that of the effect."""
    consume, move = streams.consume, batches.move_position

    def consume_first(tx: Any, reader: Any, position: int, entries: Any, *, careful: bool = False) -> None:
        batches.move_position = lambda *_, **__: True
        try:
            consume(tx, reader, position, entries, careful=careful)
        finally:
            batches.move_position = move

    async def commit(self: Any, entries: Any) -> None:
        await self._run(streams.consume, self, self._position, entries, careful=True)
        await self._run(batches.move_position, self.stream, from_=self._position, to=entries[-1].sequence)
        self._position = entries[-1].sequence

    streams.consume = consume_first
    streams.Reader._commit = commit


def reads_from_the_end() -> None:
    """A reader begins behind what is there when it first starts, as a consumer group at `$` does."""

    async def follow(self: Any) -> None:
        if not self._position:
            self._position = await self._bus.top(self.stream)
            await self._run(_begin_at, self.stream, self._position)
        await original(self)

    original = streams.Reader.follow
    streams.Reader.follow = follow
    streams.unbroken = lambda entries, position: ([e for e in entries if e.sequence > position], True)


def _begin_at(tx: Any, stream: str, position: int) -> None:
    if not _positions.open_position(tx, stream):
        tx.sql.execute(sa.update(positions).where(positions.c.stream == stream).values(position=position))


def marks_before_publishing() -> None:
    """The relay remembers in the database that it published, and then publishes."""

    async def publish_everything(self: Any) -> None:
        published = self._run.database.marks
        heads = await self._run.read(outbox._heads)
        for stream, top in heads.items():
            while published.get(stream, 0) < top:
                entries = await self._run.read(outbox._rows_after, stream, published.get(stream, 0))
                published[stream] = entries[-1].sequence
                await self._bus.append(stream, previous=await self._bus.top(stream), entries=entries)

    outbox.Relay.publish_everything = publish_everything  # type: ignore[method-assign]


def no_sending_state() -> None:
    """A mail that was under way when the process died goes out again, as if nothing had happened."""

    def send_again(tx: Any, mail: Any, _policy: Any) -> None:
        delivery._move(tx, mail, Next("retry", tx.now), states=("sending",), owner=mail.owner)

    delivery._give_up = send_again


def no_order_gate() -> None:
    """A mail goes although an earlier one to the same person is still waiting."""
    waiting = (mails.is_open(table), table.c.state != "sending")
    mails.CLAIMABLE = Prepared(
        sa.select(table, people.c.suppressed, people.c.muted)
        .outerjoin(people, people.c.attendee_id == table.c.attendee_id)
        .where(*waiting, table.c.next_at <= sa.bindparam("now"))
        .order_by(table.c.next_at, table.c.number)
        .limit(sa.bindparam("most"))
    )
    mails.NEXT_AT = Prepared(sa.select(sa.func.min(table.c.next_at)).where(*waiting))


def no_replay() -> None:
    """The relay believes what it remembers of the stream, and never asks again where it stands."""

    async def publish(self: Any, stream: str, entries: Any) -> None:
        known = self._tops[stream]
        there = await self._bus.top(stream)
        shifted = [Entry(entry.sequence, entry.after, entry.body) for entry in entries if entry.sequence > there]
        if shifted:
            await self._bus.append(stream, previous=there, entries=shifted)
        self._tops[stream] = max(known, entries[-1].sequence)

    outbox.Relay._publish = publish  # type: ignore[method-assign]
    clear = outbox.Relay.serve

    async def serve(self: Any) -> None:
        self._tops = _Unforgetting(self._tops)
        await clear(self)

    outbox.Relay.serve = serve  # type: ignore[method-assign]


class _Unforgetting(dict[str, int]):
    def clear(self) -> None: ...


def answers_before_it_is_stored() -> None:
    """Callers are answered at once, and what they were promised is written a little later."""
    from tests.simulation.dying import DyingRunner  # noqa: PLC0415 - it imports all services

    store = DyingRunner._run_batch

    def answer_first(self: Any, batch: Any) -> None:
        if not self._port.world.faults_began:
            return store(self, batch)
        luck = self._chance.getstate()
        with self._engine.connect() as sql, sql.begin() as attempt:
            now = self._clock.now()
            tx = Transaction(self._store(sql), sql, now, self._chance, self._source, self._partitions)
            outcomes = each_apart(tx, batch)
            attempt.rollback()
        self._chance.setstate(luck)  # so that what is stored later is what was answered
        self._answer(batch, outcomes, set())
        batch[0].loop.call_later(0.05, lambda: self._port.process.alive and store(self, batch))
        return None

    DyingRunner._run_batch = answer_first  # type: ignore[method-assign]


def parked_lets_others_pass() -> None:
    """Later entries of a subject do not queue behind one that failed."""
    table = parked.parked
    batches.blocked_subjects = lambda *_: set()
    is_parked = table.c.state == "parked"
    parked.NEXT = Prepared(
        sa.select(table).where(is_parked, table.c.next_at <= sa.bindparam("now")).order_by(table.c.sequence).limit(100)
    )
    parked.NEXT_AT = Prepared(sa.select(sa.func.min(table.c.next_at)).where(is_parked))


def unknown_is_sent_again() -> None:
    """A hand-over of which nobody knows what came is simply repeated."""
    settled = delivery.after

    def after(outcome: Any, **options: Any) -> Any:
        if isinstance(outcome, Lost):
            options["policy"] = "resend"
        return settled(outcome, **options)

    delivery.after = after


def every_change_is_a_move() -> None:
    """Whatever an organiser changes of a gathering, its reminders are planned anew."""
    gatherings._times = lambda gathering: gathering.version


def heard_again_is_news() -> None:
    """A replay takes people back to what they wanted before, and tells the others so."""
    known = addresses.suppress

    def suppress(tx: Any, event: Any, *, suppressed: bool) -> None:
        known(tx, event.model_copy(update={"version": 10**6}), suppressed=suppressed)

    addresses.suppress = suppress


BUGS: dict[str, Plant] = {
    "no-position-check": no_position_check,
    "position-after-commit": position_after_commit,
    "reads-from-the-end": reads_from_the_end,
    "marks-before-publishing": marks_before_publishing,
    "no-sending-state": no_sending_state,
    "no-order-gate": no_order_gate,
    "no-replay": no_replay,
    "answers-before-it-is-stored": answers_before_it_is_stored,
    "parked-lets-others-pass": parked_lets_others_pass,
    "unknown-is-sent-again": unknown_is_sent_again,
    "every-change-is-a-move": every_change_is_a_move,
    "heard-again-is-news": heard_again_is_news,
}


def plant(name: str) -> None:
    BUGS[name]()
