"""A use case is all or nothing, its answer comes after the commit, and what is said is numbered without gaps."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from shared.clock import SystemClock
from shared.contracts.envelope import decode
from shared.db import open_engine, read_with
from shared.runner import PUT_AWAY_AFTER, SqlRunner
from shared.signals import Signals
from shared.tables import outbox
from shared.transaction import Said, StoreUnavailable, Transaction
from tests.fakes import InlineRunner, PlainStore
from tests.shared.ground import count_up, counters, empty_database, rows_of, speak
from tests.waiting import wait_until

Start = Callable[..., SqlRunner[Any]]


class ChangedItsMind(Exception):
    """The use case failed on purpose."""


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.containers)])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts runners on one empty database, as many as replicas would: the simulation's, and the real ones."""
    url = str(request.getfixturevalue("postgres_url" if request.param == "postgres" else "sqlite_url"))
    yield from starting(url, fake=request.param == "fake")


def starting(url: str, *, fake: bool = False) -> Iterator[Start]:
    empty_database(url).dispose()
    started: list[SqlRunner[Any]] = []

    def start(**options: Any) -> SqlRunner[Any]:
        given: dict[str, Any] = {
            "source": "rsvp",
            "store": PlainStore,
            "clock": SystemClock(),
            "signals": Signals(),
        } | options
        if fake:
            given.pop("writers", None)
            started.append(InlineRunner(open_engine(url), **given))
        else:
            started.append(SqlRunner(open_engine(url), **given))
        return started[-1]

    yield start
    for runner in started:
        runner.close()


def fail_after_counting(tx: Transaction[Any], name: str) -> None:
    count_up(tx, name)
    speak(tx, "nobody")
    tx.wake("never")
    raise ChangedItsMind


def broken_statement(tx: Transaction[Any]) -> None:
    count_up(tx, "broken")
    tx.sql.execute(sa.text("SELECT * FROM no_such_table"))


def value_of(store: Any, name: str) -> int:
    return store.sql.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar() or 0


async def test_a_use_case_answers_what_its_handler_returned_and_it_is_there_for_others(start: Start) -> None:
    run, other = start(), start()
    assert await run(count_up, "a", by=3) == 3
    assert await other.read(value_of, "a") == 3


async def test_one_that_fails_leaves_no_trace_and_harms_none_of_those_that_share_its_commit(start: Start) -> None:
    run = start()
    outcomes = await asyncio.gather(
        *(run(count_up, "good") if n % 3 else run(fail_after_counting, "bad") for n in range(90)),
        return_exceptions=True,
    )
    assert [type(one) for one in outcomes].count(ChangedItsMind) == 30
    assert await run.read(value_of, "good") == 60
    assert await run.read(value_of, "bad") == 0
    assert await run.read(rows_of, outbox) == []


async def test_who_is_refused_before_anything_changed_costs_the_others_no_second_try(start: Start) -> None:
    run, tries = start(), 0

    def count_once(tx: Transaction[Any]) -> None:
        nonlocal tries
        tries += 1
        count_up(tx, "good")

    def refuse(_: Transaction[Any]) -> None:
        raise ChangedItsMind

    await asyncio.gather(*(run(count_once) if n % 3 else run(refuse) for n in range(90)), return_exceptions=True)
    assert await run.read(value_of, "good") == 60
    if run._engine.dialect.name == "sqlite":  # PostgreSQL's driver cannot say whether anything changed
        assert tries == 60


async def test_a_broken_statement_harms_none_of_those_that_share_its_commit(start: Start) -> None:
    run = start()
    outcomes = await asyncio.gather(
        *(run(count_up, "good") if n % 3 else run(broken_statement) for n in range(30)), return_exceptions=True
    )
    assert [isinstance(one, sa.exc.DBAPIError) for one in outcomes].count(True) == 10
    assert await run.read(value_of, "good") == 20
    assert await run.read(value_of, "broken") == 0


async def test_when_the_database_gives_up_a_whole_commit_nobody_is_told_of_success(start: Start) -> None:
    run = start()

    def lose_everything(tx: Transaction[Any]) -> None:
        tx.sql.exec_driver_sql("ROLLBACK")  # what SQLite does by itself when the disk is full
        raise ChangedItsMind

    outcomes = await asyncio.gather(
        *(run(lose_everything) if n == 15 else run(count_up, "good") for n in range(30)), return_exceptions=True
    )
    succeeded = [one for one in outcomes if not isinstance(one, Exception)]
    assert await run.read(value_of, "good") == len(succeeded)
    assert any(isinstance(one, StoreUnavailable) for one in outcomes)


async def test_one_whose_words_cannot_be_stored_harms_none_of_those_that_share_its_commit(start: Start) -> None:
    run = start()

    def say_the_unstorable(tx: Transaction[Any]) -> None:
        count_up(tx, "bad")
        tx.said.append(Said("rsvp.events", "nothing", "nobody", None))  # type: ignore[arg-type]

    outcomes = await asyncio.gather(
        *(run(speak, f"guest {n}") if n % 3 else run(say_the_unstorable) for n in range(30)), return_exceptions=True
    )
    assert [isinstance(one, Exception) for one in outcomes].count(True) == 10
    assert await run.read(value_of, "bad") == 0
    assert len(await run.read(rows_of, outbox)) == 20


async def test_sequences_have_no_gaps_whoever_fails_and_whoever_else_writes(start: Start) -> None:
    runs = [start(chance=random.Random(n)) for n in range(2)]

    def speak_or_fail(tx: Transaction[Any], number: int) -> None:
        speak(tx, f"guest {number % 7}", version=number + 1)
        if number % 5 == 0:
            raise ChangedItsMind

    await asyncio.gather(*(runs[n % 2](speak_or_fail, n) for n in range(400)), return_exceptions=True)
    rows = await runs[0].read(rows_of, outbox)
    assert sorted(row.sequence for row in rows) == list(range(1, 321))
    said = {decode(row.body.encode())[0].sequence for row in rows}
    assert said == {n + 1 for n in range(400) if n % 5}


async def test_sequence_order_is_commit_order_so_that_a_relay_that_reads_along_skips_nothing(start: Start) -> None:
    runs = [start(), start()]
    seen: list[int] = []

    def beyond(store: Any, top: int) -> list[int]:
        rows = store.sql.execute(
            sa.select(outbox.c.sequence).where(outbox.c.sequence > top).order_by(outbox.c.sequence)
        )
        return [row.sequence for row in rows]

    writers = [asyncio.ensure_future(runs[n % 2](speak, "dana", n + 1)) for n in range(300)]
    while len(seen) < 300:
        seen += await runs[0].read(beyond, seen[-1] if seen else 0)
    await asyncio.gather(*writers)
    assert seen == list(range(1, 301))


async def test_many_use_cases_share_a_commit(start: Start) -> None:
    run = start(writers=1)
    commits = 0

    def note(_: Any) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(run._engine, "commit", note)
    await asyncio.gather(*(run(count_up, "a") for _ in range(200)))
    assert await run.read(value_of, "a") == 200
    assert commits < 60


async def test_signals_are_given_after_the_commit_and_not_for_what_failed(start: Start) -> None:
    signals = Signals()
    run = start(signals=signals)
    with pytest.raises(ChangedItsMind):
        await run(fail_after_counting, "bad")
    assert not await signals.wait("never", at_most=0.01)
    await run(speak)
    assert await signals.wait("outbox", at_most=5)


async def test_a_savepoint_undoes_words_and_rows_together(start: Start) -> None:
    run = start()

    def half(tx: Transaction[Any]) -> None:
        speak(tx, "kept")
        with pytest.raises(ChangedItsMind), tx.savepoint():
            fail_after_counting(tx, "bad")
        count_up(tx, "good")

    await run(half)
    assert await run.read(value_of, "bad") == 0
    assert await run.read(value_of, "good") == 1
    assert [row.subject for row in await run.read(rows_of, outbox)] == ["kept"]


async def test_who_leaves_does_not_stop_the_work(start: Start) -> None:
    run = start()
    task = asyncio.create_task(run(count_up, "a"))
    await asyncio.sleep(0)
    task.cancel()
    await wait_until(lambda: run.read(value_of, "a"))


async def test_after_the_end_nobody_waits_for_ever(start: Start) -> None:
    run = start()
    assert await run(count_up, "a") == 1
    run.close()
    with pytest.raises(StoreUnavailable):
        await run(count_up, "a")
    with pytest.raises(StoreUnavailable):
        await run.read(value_of, "a")


async def test_what_was_queued_before_the_end_is_finished(start: Start) -> None:
    run = start()
    tasks = [asyncio.create_task(run(count_up, "a")) for _ in range(150)]
    await asyncio.sleep(0)
    run.close()
    assert max(await asyncio.gather(*tasks)) == 150


async def test_what_is_committed_is_put_into_the_main_file_while_nobody_waits(tmp_path: Path) -> None:
    path, copy = tmp_path / "rsvp.sqlite3", tmp_path / "without-its-log.sqlite3"

    def put_away() -> bool:
        copy.write_bytes(path.read_bytes())
        with suppress(sa.exc.DatabaseError):  # copied while it was written to
            return read_with(open_engine(f"sqlite:///{copy}"), lambda sql: value_of(PlainStore(sql), "a")) > 0
        return False

    for start in starting(f"sqlite:///{path}"):
        run = start()
        await run(count_up, "a")
        assert not put_away()
        for _ in range(PUT_AWAY_AFTER):
            await run(count_up, "b")
        await wait_until(put_away)


@pytest.mark.containers
class TestPostgres:
    """What only a database behind a connection can do to us."""

    @pytest.fixture
    def start(self, postgres_url: str) -> Iterator[Start]:
        yield from starting(postgres_url)

    async def test_two_that_wait_for_each_other_both_succeed_in_the_end(self, start: Start) -> None:
        runs = [start(writers=1), start(writers=1)]
        for name in "ab":
            await runs[0](count_up, name)
        both_hold_one = threading.Barrier(2, timeout=10)
        met: list[str] = []

        def count_both(tx: Transaction[Any], first: str, second: str) -> None:
            count_up(tx, first)
            if len(met) < 2:
                met.append(first)
                both_hold_one.wait()
            count_up(tx, second)

        await asyncio.gather(runs[0](count_both, "a", "b"), runs[1](count_both, "b", "a"))
        assert await runs[0].read(value_of, "a") == 3
        assert await runs[0].read(value_of, "b") == 3

    async def test_lost_connections_are_replaced_and_the_work_is_tried_once_more(
        self, start: Start, postgres_url: str
    ) -> None:
        run = start()
        await asyncio.gather(*(run(count_up, "a") for _ in range(20)), *(run.read(value_of, "a") for _ in range(5)))
        _end_connections(postgres_url)
        assert await run(count_up, "a") == 21
        _end_connections(postgres_url)
        assert await run.read(value_of, "a") == 21

    async def test_a_database_that_is_gone_is_a_sentence_and_when_it_is_back_all_goes_on(
        self, start: Start, postgres_url: str
    ) -> None:
        run = start()
        await run(count_up, "a")
        with _without_database(postgres_url):
            for attempt in (run(count_up, "a"), run.read(value_of, "a")):
                with pytest.raises(StoreUnavailable, match="cannot serve right now"):
                    await attempt
        assert await run(count_up, "a") == 2

    async def test_a_connection_that_is_lost_in_the_middle_leaves_no_half(
        self, start: Start, postgres_url: str
    ) -> None:
        run = start(writers=1)
        first = True

        def count_and_lose(tx: Transaction[Any]) -> None:
            nonlocal first
            count_up(tx, "a")
            if first:
                first = False
                _end_connections(postgres_url)
            count_up(tx, "b")

        await asyncio.gather(run(count_and_lose), run(count_up, "c"))
        assert [await run.read(value_of, name) for name in "abc"] == [1, 1, 1]

    async def test_batches_over_many_gatherings_do_not_wait_for_each_other_in_circles(
        self, start: Start, postgres_url: str
    ) -> None:
        runs = [start(), start()]
        chance = random.Random(5)
        names = [chance.choice("abcdefgh") for _ in range(600)]
        before = _deadlocks(postgres_url)
        await asyncio.gather(*(runs[n % 2](count_up, name) for n, name in enumerate(names)))
        total = sum([await runs[0].read(value_of, name) for name in "abcdefgh"])
        assert total == 600
        assert _deadlocks(postgres_url) - before <= 3


def _administrator(url: str) -> Any:
    return psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True)


def _end_connections(url: str) -> None:
    with _administrator(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [url.rpartition("/")[2]]
        )


def _deadlocks(url: str) -> int:
    with _administrator(url) as connection:
        row = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = %s", [url.rpartition("/")[2]]
        ).fetchone()
    return int(row[0])


class _without_database:  # noqa: N801 - reads as a phrase
    """No connection is let in meanwhile, and those that were are ended."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> None:
        self._allow("false")
        _end_connections(self._url)

    def __exit__(self, *_: object) -> None:
        self._allow("true")

    def _allow(self, whether: str) -> None:
        with _administrator(self._url) as connection:
            name = self._url.rpartition("/")[2]
            connection.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {whether}".encode())
