"""The place for the peer of the reader: Celery on Redis with one worker, and a task that does nothing.

celery -A deploy.bench.peers.celery_noop worker --concurrency 1
"""

import os
import time

from celery import Celery

app = Celery("noop", broker=os.environ.get("BENCH_BROKER", "redis://localhost"))
app.conf.task_ignore_result = True
app.conf.broker_connection_retry_on_startup = True


@app.task  # type: ignore[untyped-decorator]  # celery ships no types
def nothing(event: dict[str, object]) -> None:
    """What a task costs when it does nothing."""


@app.task  # type: ignore[untyped-decorator]  # celery ships no types
def note_time(path: str) -> None:
    """Stands first and last in the queue."""
    with open(path, "a") as notes:  # noqa: PTH123 - as people write it
        notes.write(f"{time.perf_counter()}\n")
