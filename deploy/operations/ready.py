"""The place for an image's health check: asks the service in this container whether it can do its work."""

import os
import socket
import sys

# Run every few seconds for ever, so it imports next to nothing: http.client alone takes longer than the question.
ASK = b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n"
TIMEOUT_SECONDS = 3


def main() -> int:
    """0 when `/readyz` says so; else what it says, for `docker inspect`."""
    try:
        said = ask(int(os.environ.get("PORT", "8000")))
    except OSError as error:
        sys.stdout.write(f"nobody answers: {error}\n")
        return 1
    head, _, body = said.partition(b"\r\n\r\n")
    sys.stdout.write(body.decode("utf-8", "replace") + "\n")
    return 0 if head.split()[1:2] == [b"200"] else 1


def ask(port: int) -> bytes:
    """The whole answer. Raises OSError."""
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(ASK)
        return b"".join(iter(lambda: connection.recv(65536), b""))


if __name__ == "__main__":
    sys.exit(main())
