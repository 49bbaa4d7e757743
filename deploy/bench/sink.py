"""The place for a mail server that accepts everything and notes when: the recipient and the moment, a line each.

python -m deploy.bench.sink PORT NOTES
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class Notes:
    """Written line by line, so that others can read along."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        moment = time.perf_counter()
        for recipient in envelope.rcpt_tos:
            self._file.write(f"{recipient} {moment}\n")
        return "250 accepted"


async def serve(port: int, notes: Path) -> None:
    handler = Notes(notes)
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler), "127.0.0.1", port)
    await server.serve_forever()


def accepted(notes: Path) -> dict[str, float]:
    """Recipient → when its first mail was accepted, in seconds of `time.perf_counter`, which processes share."""
    found: dict[str, float] = {}
    for line in notes.read_text().splitlines() if notes.exists() else []:
        recipient, _, moment = line.partition(" ")
        found.setdefault(recipient, float(moment))
    return found


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
