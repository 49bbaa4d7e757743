"""The place for a mail server that accepts everything and notes when: the recipient and the moment, a line each.

python -m deploy.bench.sink PORT NOTES [CERTIFICATE]
"""

import asyncio
import ssl
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


class Notes:
    """Written line by line, so that others can read along."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, said: list[str]) -> list[str]:  # noqa: N802 - aiosmtpd's name
        """Several commands at once are welcome, as Postfix, Exim and the providers have it."""
        session.host_name = name
        return [said[0], "250-PIPELINING", *said[1:]]

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        moment = time.perf_counter()
        for recipient in envelope.rcpt_tos:
            self._file.write(f"{recipient} {moment}\n")
        return "250 accepted"


async def serve(port: int, notes: Path, certificate: str = "") -> None:
    """In clear and for anybody; or, with a certificate, only encrypted and signed in, as a submission server does."""
    handler, submission = Notes(notes), _submission(certificate) if certificate else {}
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(handler, **submission), "localhost", port)
    await server.serve_forever()


def _submission(certificate: str) -> dict[str, Any]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    required = {"require_starttls": True, "auth_required": True}
    return {"tls_context": context, "authenticator": lambda *_: AuthResult(success=True), **required}


def accepted(notes: Path) -> dict[str, float]:
    """Recipient → when its first mail was accepted, in seconds of `time.perf_counter`, which processes share."""
    found: dict[str, float] = {}
    for line in notes.read_text().splitlines() if notes.exists() else []:
        recipient, _, moment = line.partition(" ")
        found.setdefault(recipient, float(moment))
    return found


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
