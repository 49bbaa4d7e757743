"""The place for an image's health check: asks the service in this container whether it can do its work."""

import http.client
import os
import sys


def main() -> int:
    """0 when `/readyz` says so; else what it says, for `docker inspect`."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=3)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        said = answer.read().decode("utf-8", "replace")
    except OSError as error:
        said, ready = f"nobody answers: {error}", False
    else:
        ready = answer.status == http.HTTPStatus.OK
    sys.stdout.write(said + "\n")
    return 0 if ready else 1


if __name__ == "__main__":
    sys.exit(main())
