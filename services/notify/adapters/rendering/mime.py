"""The place for a mail's bytes: headers that nobody can break out of, parts with fixed boundaries, no chance in it."""

import base64
import binascii
import hashlib
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parseaddr
from functools import lru_cache

import idna

_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ufeff]+")
_NOT_PLAIN = re.compile(r"[^\x20-\x7e]")
_PLAIN_TEXT = re.compile(r"[\x20-\x7e]+")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9' -]+")
_ADDRESS = re.compile(r"[^\s<>,;:\"()\x00-\x1f\x7f@]+@[^\s<>,;:\"()\x00-\x1f\x7f@]+")
_LINE_MOST = 998  # RFC 5322, section 2.1.1
_FOLD = "\r\n "
_WORD_MOST, _BYTES_A_WORD = 60, 45


class AddressUnusable(ValueError):
    """This cannot stand in a header as an address."""


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
    return wire_address(parsed(sender)[1]).rpartition("@")[2] or "localhost"


@lru_cache(maxsize=8)
def parsed(sender: str) -> tuple[str, str]:
    """Name and address of our own sender, which is the same in every mail."""
    return parseaddr(sender)


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
    return [
        _line("Date", format_datetime(draft.date)),
        _addresses("From", [parsed(draft.sender)]),
        _addresses("To", [draft.to]),
        *([_addresses("Reply-To", draft.reply_to)] if draft.reply_to else []),
        _subject(one_line(draft.subject)),
        _line("Message-ID", message_id(draft.key, draft.sender)),
        *(_line(name, value) for name, value in draft.headers),
    ]


def _line(name: str, value: str) -> bytes:
    """A header that we write ourselves: ASCII without control characters, never folded (the library's folding
    would write a long link as an encoded word, which no provider's unsubscribe button understands).
    """
    return f"{name}: {_NOT_PLAIN.sub('?', value)}\r\n".encode()


def _subject(value: str) -> bytes:
    """Folded at its spaces where it is plain, else in encoded words (RFC 2047)."""
    words = value.split(" ")
    if _PLAIN_TEXT.fullmatch(value) and "=?" not in value and max(map(len, words)) < _WORD_MOST:
        return b"Subject: " + "\r\n ".join(textwrap.wrap(value, _WORD_MOST, break_on_hyphens=False)).encode() + b"\r\n"
    return f"Subject: {_encoded_words(value)}\r\n".encode()


def _addresses(name: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    return f"{name}: {f',{_FOLD}'.join(_mailbox(shown, address) for shown, address in pairs)}\r\n".encode()


def _mailbox(shown: str, address: str) -> str:
    """`Dana Reyes <dana@example.org>`. The standard library's folding drops the quotes of a long name, so that what
    somebody wrote as their name could become an address: whatever is not plain words is encoded instead.
    """
    wire = wire_address(address)
    if not _ADDRESS.fullmatch(wire):
        raise AddressUnusable
    phrase = one_line(shown)
    if not phrase:
        return f"<{wire}>"
    plain = _PLAIN_PHRASE.fullmatch(phrase) and len(phrase) < _WORD_MOST
    return f"{phrase} <{wire}>" if plain else f"{_encoded_words(phrase)}{_FOLD}<{wire}>"


def _encoded_words(text: str) -> str:
    """UTF-8 in base64, in words of at most 75 characters that end between characters (RFC 2047, section 5)."""
    chunks, chunk = [], b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _BYTES_A_WORD:
            chunks.append(chunk)
            chunk = b""
        chunk += encoded
    words = [f"=?utf-8?b?{base64.b64encode(part).decode()}?=" for part in (*chunks, chunk)]
    return _FOLD.join(words)


def _multipart(kind: str, key: str, parts: Sequence[bytes]) -> bytes:
    boundary = "=_" + hashlib.sha256(f"{kind}\x00{key}".encode()).hexdigest()[:40]
    opened = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    separated = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return opened + separated + b"--" + boundary.encode() + b"--\r\n"


def _text_part(kind: str, text: str) -> bytes:
    """As it is where mail can carry it so: HTML hardly ever needs encoding, and is shorter without.

    Plain text is always encoded, for spaces at the ends of its lines mean something.
    """
    text = text.replace("\r\n", "\n")
    as_it_is = kind == "html" and _is_carried(text)
    encoding = "7bit" if as_it_is else "quoted-printable"
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + (text.replace("\n", "\r\n").encode() if as_it_is else quoted_printable(text))


def _is_carried(text: str) -> bool:
    """Short lines of ASCII, of which none can be taken for a boundary, whatever somebody wrote."""
    lines = text.split("\n")
    plain = text.isascii() and "".join(lines).isprintable()
    return plain and max(map(len, lines)) <= _LINE_MOST and "\n--" not in f"\n{text}"


def _attached(part: Part) -> bytes:
    encoded = base64.encodebytes(part.text.encode()).replace(b"\n", b"\r\n")
    head = (
        f"Content-Type: {part.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{part.file_name}"\r\n\r\n'
    )
    return head.encode() + encoded


def quoted_printable(text: str) -> bytes:
    """Line by line, so that only line ends are line ends, as a form sends them or we do, and any other character is
    carried as it is.
    """
    lines = text.encode("utf-8", "replace").replace(b"\r\n", b"\n").split(b"\n")
    return b"\r\n".join(binascii.b2a_qp(line, quotetabs=False, istext=False).replace(b"\n", b"\r\n") for line in lines)
