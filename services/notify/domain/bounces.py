"""The place for reading what comes back: hard bounces, soft ones, complaints, and answers that are no bounce at all."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Literal

from services.notify.domain.bounce_words import (
    ASLEEP,
    AUTO_REPLY_SUBJECT,
    GONE,
    GONE_STATUS,
    NOT_GONE,
    RETURNED_BELOW,
    SENDER_STATUS,
    SURELY_GONE,
)

Verdict = Literal["hard_bounce", "soft_bounce", "complaint", "auto_reply", "other"]

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")
_STATUS = re.compile(r"(?<![\d.])([245])\.\d{1,3}\.\d{1,3}(?![\d.])")
_CODE = re.compile(r"(?<![\d.])([45])\d\d[ -]")
_OURS = re.compile(rb"<([a-z]+(?:\.[a-z]+)*\.[0-9a-f]{32})@")
_DAEMON = re.compile(r"mailer-daemon|postmaster|mail delivery|mail_service|no-?reply", re.IGNORECASE)
_READ_MOST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Report:
    """What a message that came back says: whose mail, and which of our messages (the keys in their Message-IDs)."""

    verdict: Verdict
    addresses: tuple[str, ...] = ()
    message_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fate:
    """What one recipient's block of a delivery status says (RFC 3464)."""

    addresses: tuple[str, ...]
    action: str
    status: str
    text: str


def read_report(raw: bytes) -> Report:
    """Reads one message as it came back. Whatever it is, this does not raise."""
    raw = raw[:_READ_MOST]
    keys = tuple(dict.fromkeys(key.decode() for key in _OURS.findall(raw)))
    message = message_from_bytes(raw.removeprefix(b"\n"))
    if _is_complaint(message):
        return Report("complaint", _complained_about(message), keys)
    fates, text = list(_fates(message)), _said(message)
    if fates:
        return _from_fates(message, fates, text, keys)
    if _is_auto_reply(message) and not (_is_from_a_daemon(message) and _speaks_of_failure(text)):
        return Report("auto_reply", message_keys=keys)
    return _from_text(message, text, keys)


def no_such_address(text: str) -> bool:
    """Whether a mail host's permanent refusal says that there is no such address, for good."""
    return _is_gone(_plain(text))


def _from_fates(message: Message, fates: list[_Fate], text: str, keys: tuple[str, ...]) -> Report:
    failed = [fate for fate in fates if fate.action in ("failed", "")]
    gone = [fate for fate in failed if _is_gone(_plain(f"{fate.status} {fate.text}"), otherwise=_plain(text))]
    if gone:
        addresses = _unique(address for fate in gone for address in fate.addresses) or _named(message, text)
        return Report("hard_bounce", addresses, keys)
    if any(fate.action in ("failed", "delayed", "") for fate in fates):
        return Report("soft_bounce", _unique(address for fate in fates for address in fate.addresses), keys)
    return Report("other", message_keys=keys)


def _from_text(message: Message, text: str, keys: tuple[str, ...]) -> Report:
    if not (_speaks_of_failure(text) or (_is_from_a_daemon(message) and message["X-Failed-Recipients"])):
        verdict: Verdict = "soft_bounce" if _is_from_a_daemon(message) else "other"
        return Report(verdict, _named(message, text) if verdict == "soft_bounce" else (), keys)
    named = _named(message, text)
    gone = _gone_by_line(text, named)
    if gone:
        return Report("hard_bounce", gone, keys)
    return Report("hard_bounce" if _is_gone(_plain(text)) else "soft_bounce", named, keys)


def _gone_by_line(text: str, named: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses whose own lines say that they are gone: others in the same report may only be full."""
    about: tuple[str, ...] = ()
    gone: list[str] = []
    for line in text.splitlines():
        about = tuple(address for address in _unique(_ADDRESS.findall(line)) if address in named) or about
        if about and _matches((*SURELY_GONE, *GONE), line := _plain(line)) and _is_gone(line):
            gone += about
    return _unique(gone)


def _is_gone(text: str, *, otherwise: str = "") -> bool:
    """No such person or host. What is full, blocked, too large or late may take mail another day.

    `otherwise` is what the report says in general, where the recipient's own words do not decide.
    """
    if SENDER_STATUS.search(text):
        return False
    if _matches(SURELY_GONE, text):
        return not text.startswith("4.")
    if _matches(NOT_GONE, text):
        return False
    if _matches(GONE, text) or GONE_STATUS.search(text):
        return GONE_STATUS.search(text) is not None or not _matches(ASLEEP, text)
    return bool(otherwise) and not _matches(ASLEEP, text) and _is_gone(otherwise)


def _speaks_of_failure(text: str) -> bool:
    text = _plain(text)
    return bool(_CODE.search(text) or _STATUS.search(text)) or _matches((*GONE, *SURELY_GONE, *NOT_GONE), text)


def _is_from_a_daemon(message: Message) -> bool:
    sender, path = _header(message, "From"), _header(message, "Return-Path").strip()
    return bool(_DAEMON.search(sender)) or path == "<>" or "<>" in sender


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("\u2019", "'").lower()


def _matches(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


def _fates(message: Message) -> Iterator[_Fate]:
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else []:
            if not isinstance(block, Message):
                continue
            recipients = [block[name] for name in ("Final-Recipient", "Original-Recipient") if block[name]]
            if recipients or block["Action"]:
                yield _Fate(
                    addresses=_unique(address for value in recipients for address in _ADDRESS.findall(str(value))),
                    action=_header(block, "Action").split()[0].lower() if _header(block, "Action").split() else "",
                    status=_header(block, "Status").split("(")[0].strip(),
                    text=_header(block, "Diagnostic-Code"),
                )


def _said(message: Message) -> str:
    """What the reporter itself says: every text, up to where the message that is returned begins."""
    texts = []
    for part in _own_parts(message):
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            texts.append(_decoded(payload, part.get_content_charset()))
    said = "\n".join(texts)
    below = RETURNED_BELOW.search(said)
    return said[: below.start()] if below and below.start() > 20 else said


def _own_parts(message: Message) -> Iterator[Message]:
    if message.get_content_type() in ("message/rfc822", "text/rfc822-headers", "message/delivery-status"):
        return
    if message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _own_parts(part)
    elif message.get_content_maintype() == "text":
        yield message


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return payload.decode("latin-1")


def _named(message: Message, text: str) -> tuple[str, ...]:
    """The addresses that the report names, but not who it was sent to or by."""
    failed = _header(message, "X-Failed-Recipients")
    if failed:
        return _unique(_ADDRESS.findall(failed))
    ours = {
        address.lower()
        for name in ("From", "To", "Return-Path")
        for address in _ADDRESS.findall(_header(message, name))
    }
    return tuple(address for address in _unique(_ADDRESS.findall(text)) if address.lower() not in ours)


def _is_complaint(message: Message) -> bool:
    """An abuse report (RFC 5965); `not-spam` and reports of authentication are none."""
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            kind = re.search(r"^feedback-type:\s*(\S+)", _text_of(part), re.IGNORECASE | re.MULTILINE)
            return kind is None or kind.group(1).lower() in ("abuse", "fraud", "opt-out", "opt-out-list", "other")
    return False


def _complained_about(message: Message) -> tuple[str, ...]:
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            text = _text_of(part)
            found = re.findall(r"^(?:original-rcpt-to|removal-recipient):\s*(.+)$", text, re.IGNORECASE | re.MULTILINE)
            if found:
                return _unique(address for value in found for address in _ADDRESS.findall(value))
    returned = [part for part in message.walk() if part.get_content_type() in ("message/rfc822", "text/rfc822-headers")]
    return _unique(address for part in returned for address in _ADDRESS.findall(_to_of(part)))


def _to_of(part: Message) -> str:
    found = re.search(r"^to:\s*(.+)$", _text_of(part), re.IGNORECASE | re.MULTILINE)
    return found.group(1) if found else ""


def _text_of(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return "\n".join(block.as_string() for block in payload if isinstance(block, Message))
    return str(payload)


def _is_auto_reply(message: Message) -> bool:
    """A vacation notice and its kin (RFC 3834): somebody is away, and the address is fine."""
    submitted = _header(message, "Auto-Submitted").lower()
    if submitted.startswith("auto-replied") or any(
        message[name] for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "X-Apple-Action")
    ):
        return True
    if _header(message, "Precedence").strip().lower() in ("auto_reply", "auto-reply"):
        return True
    return bool(AUTO_REPLY_SUBJECT.search(_header(message, "Subject")))


def _header(message: Message, name: str) -> str:
    return str(message[name] or "")


def _unique(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.strip(".").lower() for address in addresses))
