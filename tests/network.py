"""The place for the rule that a test talks to nobody but this machine and the containers on it."""

import ipaddress
import socket
import sys
from typing import Any

# Loopback, and what container engines number their networks from.
NEAR = [ipaddress.ip_network(block) for block in ("127.0.0.0/8", "::1/128", "172.16.0.0/12")]
HERE = {"", "localhost", "localhost.localdomain", "host.docker.internal", socket.gethostname()}


class OutsideNetworkCalled(RuntimeError):
    """A test reached for a host that is not this one."""


def block_the_outside() -> None:
    """Holds for the rest of the process; libraries in C (libpq, uvloop) are not seen."""
    sys.addaudithook(_refuse_the_outside)


def _refuse_the_outside(event: str, arguments: tuple[Any, ...]) -> None:
    # an audit hook rather than patches: every socket of Python's comes past here, whoever opened it
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_near(host):
        raise OutsideNetworkCalled(f"{event} to {host!r}: tests talk to this machine only")


def _is_near(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name is None or name in HERE:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_unspecified or any(address in block for block in NEAR if block.version == address.version)
