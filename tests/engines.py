"""The place for the servers that tests run on: the bundled ones always, the real ones where an engine answers.

`redis_url`, `broker_url` (with a cluster, in the words of our settings) and `database_url` run a test once on
each kind, and each test finds its server empty. A test that needs one kind asks for `valkey_url`,
`cluster_url`, `redis_container_url`, `redis_cluster_url`, `sqlite_url` or `postgres_url`.
"""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis

from deploy.embedded import valkey
from deploy.embedded.folder import is_running
from tests.cluster import empty_cluster, redis_cluster, valkey_cluster

REDIS = "redis:8"
POSTGRES = "postgres:17"
OWNER = "tablemates.tests.run"
# What is lost when the machine dies does not matter here; what waits for a disk does.
POSTGRES_COMMAND = "postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300"


def no_engine() -> str:
    """Why no container can be started; nothing where one can."""
    if not shutil.which("docker"):
        return "no container engine is installed"
    # docker's own library leaks a socket where nobody answers
    asked = subprocess.run(["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, check=False)
    return "no container engine answers" if asked.returncode else ""


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[valkey.RunningValkey]:
    """The bundled server, one for each worker."""
    with tempfile.TemporaryDirectory(prefix="tm-") as folder, valkey.start(Path(folder)) as server:
        yield server


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """A cluster of three bundled servers, one for each worker."""
    with valkey_cluster() as url:
        yield url


@pytest.fixture(scope="session")
def redis_container() -> Iterator[str]:
    """The URL of a Redis in a container, one for each worker: a test may flush all of it."""
    from testcontainers.community.redis import RedisContainer  # noqa: PLC0415 - half a second

    remove_orphans()
    with RedisContainer(REDIS).with_kwargs(labels=label()) as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(container.port)}"


@pytest.fixture(scope="session")
def redis_cluster_container() -> Iterator[str]:
    """The same as a cluster of three."""
    remove_orphans()
    with redis_cluster(REDIS, labels=label()) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The URL of a PostgreSQL in a container, its superuser's; one for all workers."""
    base = tmp_path_factory.getbasetemp()
    with shared_postgres(base if worker_id == "master" else base.parent) as url:
        yield url


@pytest.fixture
def valkey_url(valkey_server: valkey.RunningValkey) -> str:
    return emptied(valkey_server.url)


@pytest.fixture
def cluster_url(cluster: str) -> str:
    return empty_cluster(cluster)


@pytest.fixture
def redis_cluster_url(redis_cluster_container: str) -> str:
    return empty_cluster(redis_cluster_container)


@pytest.fixture
def redis_container_url(redis_container: str) -> str:
    return emptied(redis_container)


VALKEY_OR_REDIS = [
    pytest.param("valkey_url", id="valkey"),
    pytest.param("redis_container_url", id=REDIS, marks=pytest.mark.containers),
]


@pytest.fixture(params=VALKEY_OR_REDIS)
def redis_url(request: pytest.FixtureRequest) -> str:
    """A Redis-protocol server with nothing in it."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture(params=[*VALKEY_OR_REDIS, pytest.param("cluster_url", id="cluster")])
def broker_url(request: pytest.FixtureRequest) -> str:
    """A broker with nothing in it, as `TABLEMATES_BROKER_URL` names it."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database of the test's own."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield f"{postgres_server.rpartition('/')[0]}/{name}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


SQLITE_OR_POSTGRES = [
    pytest.param("sqlite_url", id="sqlite"),
    pytest.param("postgres_url", id=POSTGRES, marks=pytest.mark.containers),
]


@pytest.fixture(params=SQLITE_OR_POSTGRES)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of the test's own."""
    return str(request.getfixturevalue(request.param))


def emptied(url: str) -> str:
    with Redis.from_url(url) as client:
        client.flushall()
    return url


@contextmanager
def shared_postgres(folder: Path) -> Iterator[str]:
    """Starts the server for the first worker that asks, and stops it with the last that leaves."""
    with _counted(folder) as count:
        if not count.get("users"):
            count.update(_start_postgres(), users=0)
        count["users"] += 1
        url = count["url"]
    try:
        yield url
    finally:
        with _counted(folder) as count:
            count["users"] -= 1
            if not count["users"]:
                _stop_container(count["container"])


@contextmanager
def _counted(folder: Path) -> Iterator[dict[str, Any]]:
    path = folder / "postgres.json"
    with (folder / "postgres.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        count = json.loads(path.read_text()) if path.exists() else {}
        yield count
        path.write_text(json.dumps(count))


def _start_postgres() -> dict[str, str]:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - half a second

    remove_orphans()
    container = PostgresContainer(POSTGRES, driver=None, command=POSTGRES_COMMAND).with_kwargs(labels=label())
    container.with_tmpfs_mount("/var/lib/postgresql/data").start()
    return {"url": container.get_connection_url(), "container": container.get_container_id()}


def _stop_container(container: str) -> None:
    with _engine() as engine:
        engine.containers.get(container).remove(force=True, v=True)


def label() -> dict[str, str]:
    """Who started a container: this run of the tests, which outlives each of its workers."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    return {OWNER: str(run)}


def remove_orphans() -> None:
    """Removes the containers of runs that were killed before they could do so."""
    from docker.errors import APIError  # noqa: PLC0415 - half a second

    with _engine() as engine:
        for container in engine.containers.list(filters={"label": OWNER}):
            if not is_running(int(container.labels[OWNER])):
                with suppress(APIError):  # another worker was quicker
                    container.remove(force=True, v=True)


@contextmanager
def _engine() -> Iterator[Any]:
    import docker  # noqa: PLC0415 - half a second

    engine = docker.from_env()
    try:
        yield engine
    finally:
        engine.close()
