"""The place for the port: taken before anything slow, so that whoever asks meanwhile waits and is not refused."""

import errno
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from shared.errors import TablematesError

WAITING_MOST = 2048


class PortInUse(TablematesError):
    """The port is in use."""

    code = "port_in_use"


def claim_port(port: int, *, host: str = "127.0.0.1") -> socket.socket:
    """Takes the port before anything else is started. Raises PortInUse."""
    # the protocol is said, for asyncio holds answers back on a socket of which it does not know that it is TCP
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(WAITING_MOST)
    except OSError as error:
        listener.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened ({error.strerror})"
        raise PortInUse(f"Port {port} {why}: stop what listens there, or choose another (--port, PORT).") from None
    return listener


def claim_own_port() -> socket.socket:
    """The port of a service in a process of its own. Raises PortInUse."""
    return claim_port(int(os.environ.get("PORT", "8000")), host=os.environ.get("HOST", "0.0.0.0"))  # noqa: S104


def start(name: str, build: Callable[[], Any]) -> None:
    """`python -m services.<name> serve|migrate`: listens, then loads the rest, which takes longer than all else.

    `build` imports the service's composition root and answers its `build`.
    """
    listener = None
    if sys.argv[1:] == ["serve"]:
        with suppress(PortInUse):  # it is said in its place, when there is a log to say it in
            listener = claim_own_port()
    from shared.serving import main  # noqa: PLC0415 - see above

    main(name, build, listener=listener)
