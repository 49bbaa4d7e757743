"""The place for a mail's bytes: headers that nobody can break out of, parts with fixed boundaries, no chance in it."""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.utils import format_datetime, parseaddr

import idna

_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]+")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
_POLICY = policy.SMTP
_POLICY_UTF8 = policy.SMTPUTF8


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail. `text` is carried byte for byte."""

    media_type: str
    text: str
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a mail's bytes are made from."""

    key: str
    date: datetime
    sender: str
    to: tuple[str, str]
    subject: str
    text: str
    html: str
    reply_to: Sequence[tuple[str, str]] = ()
    headers: Sequence[tuple[str, str]] = ()
    attachment: Part | None = None


def one_line(text: str) -> str:
    """Text for a header or a name: control characters and runs of space become one space."""
    return _UNSEEN.sub(" ", text).strip()


def message_id(key: str, sender: str) -> str:
    """`<key@domain of the sender>`: the same for the same mail."""
    return f"<{key}@{host_of(sender)}>"


def host_of(sender: str) -> str:
    """The domain of an address, in ASCII."""
    return wire_address(parseaddr(sender)[1]).rpartition("@")[2] or "localhost"


def wire_address(address: str) -> str:
    """An address as SMTP carries it: an international domain in ASCII, the part before it as it is."""
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        return address


def compose(draft: Draft) -> bytes:
    """The whole message with CRLF line ends. The same draft gives the same bytes."""
    inner = _multipart("alternative", draft.key, [_text_part("plain", draft.text), _text_part("html", draft.html)])
    if draft.attachment is not None:
        inner = _multipart("mixed", draft.key, [inner, _attached(draft.attachment)])
    return b"".join((*_headers(draft), b"MIME-Version: 1.0\r\n", inner))


def _headers(draft: Draft) -> list[bytes]:
    to = wire_address(draft.to[1])
    return [
        _line("Date", format_datetime(draft.date)),
        _addresses("From", [_named(draft.sender)]),
        _addresses("To", [(draft.to[0], to)]),
        *([_addresses("Reply-To", draft.reply_to)] if draft.reply_to else []),
        _folded("Subject", one_line(draft.subject)),
        _line("Message-ID", message_id(draft.key, draft.sender)),
        *(_line(name, value) for name, value in draft.headers),
    ]


def _line(name: str, value: str) -> bytes:
    """A header that we write ourselves: ASCII without control characters, never folded (the library's folding
    would write a long link as an encoded word, which no provider's unsubscribe button understands).
    """
    return f"{name}: {_NOT_PLAIN.sub('?', value)}\r\n".encode()


def _folded(name: str, value: str) -> bytes:
    return str(_POLICY.fold(name, value)).encode()


def _addresses(name: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    kept = [Address(display_name=one_line(shown), addr_spec=wire_address(address)) for shown, address in pairs]
    plain = all(address.addr_spec.isascii() for address in kept)
    chosen = _POLICY if plain else _POLICY_UTF8
    return str(chosen.fold(name, chosen.header_factory(name, kept))).encode()


def _named(sender: str) -> tuple[str, str]:
    name, address = parseaddr(sender)
    return name, address


def _multipart(kind: str, key: str, parts: Sequence[bytes]) -> bytes:
    boundary = "=_" + hashlib.sha256(f"{kind}\x00{key}".encode()).hexdigest()[:40]
    opened = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    separated = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return opened + separated + b"--" + boundary.encode() + b"--\r\n"


def _text_part(kind: str, text: str) -> bytes:
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    return head.encode() + quoted_printable(text)


def _attached(part: Part) -> bytes:
    encoded = base64.encodebytes(part.text.encode()).replace(b"\n", b"\r\n")
    head = (
        f"Content-Type: {part.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{part.file_name}"\r\n\r\n'
    )
    return head.encode() + encoded


def quoted_printable(text: str) -> bytes:
    """Line by line, so that only our own line ends are line ends, and any other character is carried as it is."""
    lines = text.encode("utf-8", "replace").split(b"\n")
    return b"\r\n".join(binascii.b2a_qp(line, quotetabs=False, istext=False).replace(b"\n", b"\r\n") for line in lines)
