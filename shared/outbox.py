"""The place for the relay: what was committed to the outbox reaches the stream, in order and without holes."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from shared import metrics, telemetry
from shared.bus import Bus, BusUnavailable, Entry
from shared.clock import Clock
from shared.contracts.envelope import Envelope, encode
from shared.contracts.rsvp import AttendeeErased, RsvpErased
from shared.contracts.topology import readers_of
from shared.prepared import Prepared
from shared.signals import Signals
from shared.tables import outbox, outbox_heads
from shared.transaction import Runner, StoreUnavailable, Transaction

log = structlog.get_logger()

BATCH, AHEAD_MOST = 500, 8
POLL_SECONDS = 3.0
ASK_ANEW_AFTER = timedelta(seconds=5)
KEPT_AFTER_ERASURE = (RsvpErased.wire_type, AttendeeErased.wire_type)
ERASED = "tablemates.erased.v1"
KEEP_ON_STREAM = timedelta(days=1)
KEEP_IN_OUTBOX = timedelta(days=30)


class Relay:
    """Compare-and-publish: appends rows after the stream's own last sequence, and nothing else.

    It keeps no mark beside the stream, so a lost reply, a second relay, a failover, a flush and an empty Redis
    are one case: the stream says where it stands, and the relay goes on from there.
    """

    def __init__(self, run: Runner[Any], bus: Bus, *, signals: Signals, clock: Clock, service: str = "") -> None:
        self._run, self._bus, self._signals, self._clock, self._service = run, bus, signals, clock, service
        self._tops: dict[str, int] = {}
        self._asked = clock.now()
        self._doubtful = self._warned = False

    async def serve(self) -> None:
        """Runs until cancelled: woken by every commit that said something, with a slow poll behind it."""
        metrics.CAUGHT_UP.labels(self._service).set(self._clock.now().timestamp())
        while True:
            try:
                if self._doubtful or self._clock.now() - self._asked > ASK_ANEW_AFTER:
                    self._forget_what_is_known()
                await self.publish_everything()
                metrics.CAUGHT_UP.labels(self._service).set(self._clock.now().timestamp())
                self._warned = False
            except (BusUnavailable, StoreUnavailable) as error:
                if not self._warned:
                    self._forget_what_is_known()
                    log.warning("relay.waiting", reason=error.sentence)
                self._warned = True
                await self._clock.sleep(0.25)
                continue
            if not await self._signals.wait("outbox", at_most=POLL_SECONDS):
                self._forget_what_is_known()

    def ask_anew(self) -> None:
        """Somebody saw that the broker was away: nothing waits for the next look."""
        self._doubtful = True
        self._signals.give("outbox")

    def _forget_what_is_known(self) -> None:
        """So that the streams themselves are asked: a broker that was away may have forgotten any of them."""
        self._tops.clear()
        self._asked, self._doubtful = self._clock.now(), False

    async def publish_everything(self) -> None:
        """Brings every stream of this service up to its outbox, which is asked unless commits have told everything."""
        if await self._publish_what_commits_told():
            return
        while True:
            heads, news = await self._run.read(_heads_and_news, dict(self._tops))
            await side_by_side(self._publish_on(stream, entries) for stream, entries in news.items())
            unknown = sorted(heads.keys() - self._tops.keys())
            await side_by_side(self._ask_the_streams(some, heads) for some in self._bus.together(unknown))
            ahead = any(top > self._tops[stream] for stream, top in heads.items())
            if not (ahead and (news or unknown)):  # a head that was raised may be ahead of every row
                return

    async def _publish_what_commits_told(self) -> bool:
        """True when what was said since goes on, without a gap, from where every stream was known to stand."""
        commits = self._signals.collect("outbox")
        news: dict[str, list[Entry]] = {}
        whole = bool(commits)
        for stream, first, bodies in (told for commit in commits for told in commit):
            top = news[stream][-1].sequence if stream in news else self._tops.get(stream)
            if whole := whole and top == first - 1 and bool(bodies):
                more = [Entry(first + n, first + n - 1, body.encode()) for n, body in enumerate(bodies)]
                news.setdefault(stream, []).extend(more)
        await side_by_side(self._publish_in_batches(stream, entries) for stream, entries in news.items())
        return whole and all(self._tops.get(stream) == entries[-1].sequence for stream, entries in news.items())

    async def _publish_in_batches(self, stream: str, entries: Sequence[Entry]) -> None:
        for first in range(0, len(entries), BATCH):
            batch = entries[first : first + BATCH]
            await self._publish(stream, batch)
            if self._tops.get(stream) != batch[-1].sequence:
                return

    async def _publish_on(self, stream: str, entries: Sequence[Entry]) -> None:
        """Publishes a batch and, as long as they are full, the next, which is read while this one is on its way.

        Only so many: what others said meanwhile is not to wait until this stream has caught up.
        """
        for _ in range(AHEAD_MOST):
            if len(entries) < BATCH:
                break
            last = entries[-1].sequence
            _, more = await side_by_side([self._publish(stream, entries), self._run.read(_rows_after, stream, last)])
            if self._tops.get(stream) != last:
                return
            entries = more
        if entries:
            await self._publish(stream, entries)

    async def _ask_the_streams(self, streams: Sequence[str], heads: Mapping[str, int]) -> None:
        """Learns where each stream stands. One that is ahead of its outbox is not ours, and is replaced."""
        for stream, found in (await self._bus.tops(streams)).items():
            top = found
            if top > heads[stream] and top > (await self._run.read(_heads))[stream]:
                log.error("relay.stream_ahead_of_outbox", stream=stream, top=top)
                await self._bus.forget(stream)
                top = 0
            self._tops[stream] = top

    async def _publish(self, stream: str, entries: Sequence[Entry]) -> None:
        known = self._tops.pop(stream)  # not known while it is on its way, nor when no answer comes
        began = self._clock.now()
        reached = await self._bus.append(stream, previous=known, entries=entries)
        if reached == entries[-1].sequence:
            telemetry.published(stream, (entry.body for entry in entries), began=began.timestamp())
        if reached < known:
            log.warning("relay.rewound", stream=stream, known=known, top=reached)
        if reached <= entries[-1].sequence:  # else another relay was quicker, or a stranger wrote: ask which
            self._tops[stream] = reached

    async def tidy(self) -> None:
        """Trims streams to what every reader has read and is a day old, and compacts the outbox after a month.

        What an erased person's tombstones replaced is removed from the streams, as far as every reader has come.
        """
        now = self._clock.now()
        for stream in await self._run.read(_heads):
            marks = await self._bus.marks(stream)
            expected = readers_of(stream.split(".")[0]) if ".dead." not in stream else ()
            if all(reader in marks for reader in expected):
                old = await self._run.read(_oldest_kept, stream, now - KEEP_ON_STREAM)
                below = min([old, *(marks[r] + 1 for r in expected)])
                await self._bus.trim(stream, below=below)
                read = min((marks[reader] for reader in expected), default=old)
                if erased := await self._run.read(_erased_between, stream, below, read):
                    await self._bus.remove(stream, sequences=erased)
        await self._run(compact, now - KEEP_IN_OUTBOX)


async def side_by_side(jobs: Iterable[Awaitable[Any]]) -> list[Any]:
    """What all come to that are done at once, since the part of a cluster that is away holds up no other.

    Raises the first failure, once every one has come to its end: nothing is still on its way then.
    """
    waiting = list(jobs)
    if len(waiting) == 1:
        return [await waiting[0]]  # at once, where a task would wait for its turn
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return ends


_HEADS = Prepared(sa.select(outbox_heads.c.stream, outbox_heads.c.top))  # asked every second
_AFTER = Prepared(
    sa.select(outbox.c.sequence, outbox.c.body)
    .where(outbox.c.stream == sa.bindparam("stream"), outbox.c.sequence > sa.bindparam("position"))
    .order_by(outbox.c.sequence)
    .limit(sa.bindparam("most"))
)
_BEFORE = Prepared(
    sa.select(sa.func.max(outbox.c.sequence)).where(
        outbox.c.stream == sa.bindparam("stream"), outbox.c.sequence < sa.bindparam("sequence")
    )
)


def _heads(store: Any) -> dict[str, int]:
    return {row.stream: row.top for row in store.sql.execute(_HEADS)}


def _heads_and_news(store: Any, tops: Mapping[str, int]) -> tuple[dict[str, int], dict[str, Sequence[Entry]]]:
    """Every head, and what the outbox has beyond each known top, a batch a stream; those without news are left out."""
    heads = _heads(store)
    ahead = [stream for stream, top in heads.items() if top > tops.get(stream, top)]
    batches = {stream: _rows_after(store, stream, tops[stream]) for stream in ahead}
    return heads, {stream: batch for stream, batch in batches.items() if batch}


def _rows_after(store: Any, stream: str, position: int, limit: int = BATCH) -> Sequence[Entry]:
    rows = store.sql.execute(_AFTER, {"stream": stream, "position": position, "most": limit}).all()
    entries, after = [], _before(store, stream, rows[0].sequence) if rows else 0
    for sequence, body in rows:
        entries.append(Entry(sequence, after, body.encode()))
        after = sequence
    return entries


def _before(store: Any, stream: str, sequence: int) -> int:
    return store.sql.execute(_BEFORE, {"stream": stream, "sequence": sequence}).scalar() or 0


def _oldest_kept(store: Any, stream: str, before: Any) -> int:
    found = store.sql.execute(
        sa.select(sa.func.max(outbox.c.sequence)).where(outbox.c.stream == stream, outbox.c.created_at < before)
    ).scalar()
    return (found or 0) + 1


def _erased_between(store: Any, stream: str, first: int, last: int) -> Sequence[int]:
    """Sequences of tombstones that may still stand on the stream with their old content."""
    found = store.sql.execute(
        sa.select(outbox.c.sequence).where(
            outbox.c.stream == stream, outbox.c.type == ERASED, outbox.c.sequence.between(first, last)
        )
    )
    return list(found.scalars())


def compact(tx: Transaction[Any], before: Any) -> int:
    """Deletes old outbox rows but the last of each type of a subject, so that a replay still ends in the same state.

    The type counts because not every event carries the whole of its subject: a check-in says nothing of the RSVP.
    """
    newer = outbox.alias("newer")
    superseded = sa.exists().where(
        newer.c.stream == outbox.c.stream,
        newer.c.subject == outbox.c.subject,
        newer.c.type == outbox.c.type,
        newer.c.sequence > outbox.c.sequence,
    )
    done = tx.sql.execute(sa.delete(outbox).where(outbox.c.created_at < before, superseded))
    return int(done.rowcount)


def erase_person(tx: Transaction[Any], attendee_id: str) -> list[tuple[str, int]]:
    """Empties every outbox row that speaks of a person; answers (stream, sequence) so that streams follow.

    The rows stay as tombstones, which keep the numbering whole and the readers going. What the same transaction said
    of them before has no row yet, and is not said at all.
    """
    tx.unsay(lambda one: attendee_id in one.body and one.type not in KEPT_AFTER_ERASURE)
    speaks = sa.and_(outbox.c.body.contains(attendee_id, autoescape=True), outbox.c.type.not_in(KEPT_AFTER_ERASURE))
    rows = tx.sql.execute(sa.select(outbox.c.stream, outbox.c.sequence).where(speaks)).all()
    for stream, sequence in rows:
        tx.sql.execute(
            sa.update(outbox)
            .where(outbox.c.stream == stream, outbox.c.sequence == sequence)
            .values(body=tombstone(stream, sequence), type=ERASED, subject="erased")
        )
    tx.wake("tidy")
    return [(stream, sequence) for stream, sequence in rows]


def tombstone(stream: str, sequence: int) -> str:
    """A well-formed event that says nothing, of a type that every reader passes over."""
    nothing = Envelope(
        id=f"erased-{stream}-{sequence}",
        source="/tablemates/erased",
        type=ERASED,
        subject="erased",
        time=datetime(1970, 1, 1, tzinfo=UTC),
        sequence=1,
        partitionkey="erased",
        data={},
    )
    return encode(nothing).decode()
