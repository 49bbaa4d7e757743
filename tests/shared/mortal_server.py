"""The place for brokers that a test may kill and start again: a Valkey of its own, and the fake in the same words."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis

from deploy.embedded import valkey
from tests.fakes import FakeBroker


class MortalServer:
    """A Valkey of the test's own, which can be killed and started again on the same folder and address."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = valkey.start(folder)
        self.url = self._server.url

    def kill(self) -> None:
        with Redis.from_url(self.url) as client:
            os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)
        self._server.process.wait()

    def start(self) -> None:
        self._server.close()
        self._server = valkey.start(self._folder)
        assert self._server.url == self.url

    def close(self) -> None:
        self._server.close()


@dataclass(slots=True)
class MortalFake:
    broker: FakeBroker = field(default_factory=FakeBroker)

    def kill(self) -> None:
        self.broker.go()

    def start(self) -> None:
        self.broker.come_back()
