"""Identifiers are UUIDv7: they sort by time, and nobody guesses the next."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from shared.ids import uuid7

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_an_id_is_a_version_7_uuid_of_its_moment() -> None:
    found = uuid.UUID(uuid7(NOW, random.Random(1)))
    assert (found.version, found.variant) == (7, uuid.RFC_4122)
    assert found.int >> 80 == int(NOW.timestamp() * 1000)


def test_ids_sort_by_time() -> None:
    chance = random.Random(1)
    made = [uuid7(NOW + timedelta(milliseconds=n), chance) for n in range(500)]
    assert made == sorted(made)


def test_ids_of_one_moment_differ() -> None:
    chance = random.Random(1)
    assert len({uuid7(NOW, chance) for _ in range(10_000)}) == 10_000
