"""Chance is the kernel's, spread evenly, and never the same twice."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from shared.chance import PAGE, SystemChance

CHANCE = SystemChance()


def test_bits_are_as_many_as_asked_for() -> None:
    for bits in (1, 7, 8, 80, 128, 8 * PAGE + 1):
        drawn = [CHANCE.getrandbits(bits) for _ in range(50)]
        assert max(drawn) < 2**bits
        assert max(drawn) >= 2 ** (bits - 1)


def test_every_value_comes_about_as_often() -> None:
    counted = Counter(CHANCE.randrange(10) for _ in range(20_000))
    assert len(counted) == 10
    assert min(counted.values()) > 1_700
    assert 0.48 < sum(CHANCE.random() for _ in range(20_000)) / 20_000 < 0.52


def test_nothing_is_drawn_twice_in_threads_or_in_a_forked_child() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(CHANCE.getrandbits, [128] * 4_000))
    reader, writer = os.pipe()
    CHANCE.getrandbits(128)
    if (child := os.fork()) == 0:
        os.write(writer, CHANCE.getrandbits(128).to_bytes(16))
        os._exit(0)
    os.waitpid(child, 0)
    childs = int.from_bytes(os.read(reader, 16))
    for end in (reader, writer):
        os.close(end)
    assert len({*drawn, childs, CHANCE.getrandbits(128)}) == 4_002
