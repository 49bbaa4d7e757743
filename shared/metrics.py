"""The place for the numbers that operators watch: what each service reads from its own tables when it is asked."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.tables import due, outbox, outbox_heads, parked, positions

REGISTRY = CollectorRegistry()

REQUESTS = Histogram(
    "tablemates_http_request_seconds",
    "Time from a request to its answer.",
    ("service", "method", "route", "status"),
    registry=REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
EVENTS = Counter("tablemates_events_total", "Events handled, by type.", ("service", "type"), registry=REGISTRY)
CAUGHT_UP = Gauge(
    "tablemates_relay_caught_up_timestamp_seconds",
    "When the relay last had everything that was said on the streams; nothing unpublished is older.",
    ("service",),
    registry=REGISTRY,
)

Numbers = dict[str, list[tuple[dict[str, str], float]]]
"""Gauge name → (labels, value)."""


def ground_numbers(sql: sa.Connection, *, now: datetime) -> Numbers:
    """Outbox, positions, parked and dead entries, due work: the same for every service."""
    heads = sql.execute(sa.select(outbox_heads)).all()
    read = sql.execute(sa.select(positions)).all()
    held = sql.execute(sa.select(parked.c.state, sa.func.count()).group_by(parked.c.state)).all()
    oldest_due = sql.execute(sa.select(sa.func.min(due.c.at))).scalar()
    failing = sql.execute(sa.select(sa.func.count()).where(due.c.attempts > 0)).scalar()
    newest = sql.execute(sa.select(sa.func.max(outbox.c.created_at))).scalar()
    states = {"parked": 0, "dead": 0} | {row[0]: row[1] for row in held}
    return {
        "tablemates_outbox_head": [({"stream": row.stream}, row.top) for row in heads],
        "tablemates_outbox_last_said_timestamp_seconds": [({}, newest.timestamp() if newest else 0)],
        "tablemates_stream_position": [({"stream": row.stream}, row.position) for row in read],
        "tablemates_entries_parked": [({}, states["parked"])],
        "tablemates_entries_dead": [({}, states["dead"])],
        "tablemates_due_late_seconds": [({}, max(0.0, (now - oldest_due).total_seconds()) if oldest_due else 0.0)],
        "tablemates_due_failing": [({}, failing or 0)],
    }


class StoreNumbers(Collector):
    """Gauges that are read from a service's store at each scrape."""

    def __init__(self, service: str, read: Callable[[], Numbers]) -> None:
        self._service, self._read = service, read

    def collect(self) -> Iterator[Metric]:
        for name, samples in self._read().items():
            labels = sorted({label for given, _ in samples for label in given})
            family = GaugeMetricFamily(name, name.replace("_", " "), labels=["service", *labels])
            for given, value in samples:
                family.add_metric([self._service, *(given.get(label, "") for label in labels)], value)
            yield family


def exposition(*collectors: Collector) -> bytes:
    """Everything in the Prometheus text format: the process's own numbers, and those of the stores given."""
    own = CollectorRegistry()
    for collector in collectors:
        own.register(collector)
    return bytes(generate_latest(REGISTRY)) + bytes(generate_latest(own))


def numbers_of(store: Any, now: datetime, further: Callable[[Any, datetime], Numbers] | None = None) -> Numbers:
    """A view for `run.read`: the ground's numbers, and those that the service adds."""
    return ground_numbers(store.sql, now=now) | (further(store, now) if further else {})
