"""The place for reading mail as its people do: every letter that arrived, from a Maildir or from maildev's API."""

import email
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from functools import cached_property
from pathlib import Path
from typing import Protocol

import httpx

HEADERS = BytesHeaderParser()


@dataclass(frozen=True)
class Letter:
    """One mail as its reader sees it; the text is looked for when somebody reads it."""

    key: str
    to: str
    kind: str
    gathering: str
    subject: str
    reply_to: str
    raw: bytes = field(repr=False)

    @cached_property
    def text(self) -> str:
        """The plain part."""
        for part in email.message_from_bytes(self.raw).walk():
            if part.get_content_type() == "text/plain":
                return bytes(part.get_payload(decode=True)).decode("utf-8", "replace").replace("\r\n", "\n")
        return ""

    def link(self, path: str) -> str | None:
        """The token of the first link that stands on a line of its own under a path: `/i/`, `/my/`."""
        found = re.search(rf"^\s*https?://\S+?{re.escape(path)}([^\s?]+)\S*\s*$", self.text, re.MULTILINE)
        return found.group(1) if found else None


class Mailbox(Protocol):
    """Where the story's people get their mail."""

    async def letters(self) -> Sequence[Letter]:
        """Everything that arrived so far, oldest first."""
        ...


class Maildir:
    """Letters in a Maildir; a file is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Letter] = {}

    async def letters(self) -> Sequence[Letter]:
        for path in sorted(self._folder.glob("new/*"), key=lambda path: path.stat().st_mtime_ns):
            if path.name not in self._read:
                self._read[path.name] = letter_in(path.name, path.read_bytes())
        return list(self._read.values())

    def raw(self, key: str) -> bytes:
        return (self._folder / "new" / key).read_bytes()


class Maildev:
    """Letters that a maildev server caught, over its API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.AsyncClient(base_url=url)
        self._read: dict[str, Letter] = {}

    async def letters(self) -> Sequence[Letter]:
        listed = (await self._http.get("/email")).raise_for_status().json()
        for item in sorted(listed, key=lambda item: item["time"]):
            if item["id"] not in self._read:
                source = (await self._http.get(f"/email/{item['id']}/source")).raise_for_status()
                self._read[item["id"]] = letter_in(item["id"], source.content)
        return list(self._read.values())


def letter_in(key: str, raw: bytes) -> Letter:
    """A letter from its bytes."""
    headers = HEADERS.parsebytes(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0])
    return Letter(
        key=key,
        to=_header(headers, "To"),
        kind=_header(headers, "X-Tablemates-Kind"),
        gathering=_header(headers, "X-Tablemates-Gathering"),
        subject=_header(headers, "Subject"),
        reply_to=_header(headers, "Reply-To"),
        raw=raw,
    )


def _header(message: Message, name: str) -> str:
    return str(make_header(decode_header(message.get(name, "")))).replace("\n", "")
