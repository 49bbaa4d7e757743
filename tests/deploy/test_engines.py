"""The servers that tests run on are there, empty, and near."""

import socket

import pytest
import sqlalchemy as sa
from redis import Redis

from shared.bus import Entry
from shared.db import open_engine
from shared.redis_bus import RedisBus
from tests.network import OutsideNetworkCalled


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_finds_redis_empty(redis_url: str, time: str) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.xadd("stream", {"time": time})


@pytest.mark.parametrize("time", ["first", "second"])
async def test_each_test_finds_its_broker_empty(broker_url: str, time: str) -> None:
    bus = RedisBus(broker_url)
    await bus.connect()
    try:
        assert await bus.top("stream") == 0
        assert await bus.append("stream", previous=0, entries=[Entry(1, 0, time.encode())]) == 1
    finally:
        await bus.close()


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_finds_its_database_empty(database_url: str, time: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text(f"CREATE TABLE {time} (id integer)"))
    engine.dispose()


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_a_connection_to_the_outside_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(OutsideNetworkCalled):
        connection.connect(address)


def test_a_name_of_the_outside_is_not_looked_up() -> None:
    with pytest.raises(OutsideNetworkCalled):
        socket.getaddrinfo("example.org", 443)
