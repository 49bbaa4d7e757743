"""The place for what an e-mail address may be, and for when two addresses are one person.

The verdicts follow RFC 5321 as mail is really handed over: no comments, no bracketed IP addresses, no domain
without a dot, none of the special-use domains (RFC 6761); quoted and international local parts (RFC 6531) are
allowed. Nothing is looked up in the DNS.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from email_validator import EmailNotValidError, ValidatedEmail, validate_email

from shared.errors import TablematesError

LOCAL_PART_MAX = 64  # octets, RFC 5321 section 4.5.3.1.1
ADDRESS_MAX = 254  # octets, RFC 5321 section 4.5.3.1.3 less the angle brackets

PLAIN_MAX = 128  # beyond it the lengths of all forms of an address are to be measured

_PLAIN_LOCAL_PART = re.compile(r"[A-Za-z0-9_+-]{1,31}(?:\.[A-Za-z0-9_+-]{1,32})?")
_ESCAPED_BEYOND_ASCII = re.compile(r"\\[^\x20-\x7e]")
_AROUND_A_CELL = " \t\r\n\u00a0\u200b\u2060\ufeff"


class NotAnAddress(TablematesError):
    """This is not an e-mail address."""

    code = "not_an_address"
    status = 422


@dataclass(frozen=True, slots=True)
class Address:
    """One address. `text` is how it is shown and stored, `key` is equal for one person's spellings of it.

    Mail goes to the stored `text` of the person found by `key`, never to the spelling just typed:
    otherwise somebody who finds a second spelling with the same key would get another's link.
    """

    text: str
    key: str
    envelope: str
    """What the mail server is told: the domain in ASCII."""
    needs_smtputf8: bool


def read_address(text: str) -> Address:
    """The address that `text` is, exactly. Raises `NotAnAddress` with a sentence that says what is wrong."""
    return _plain(text) or _address(_validated(text, allow_display_name=False))


def read_address_cell(cell: str) -> tuple[Address, str]:
    """The address in a cell of somebody's list, and the name beside it (`Dana <dana@example.org>`) or ""."""
    text = cell.strip(_AROUND_A_CELL)
    if text[:7].casefold() == "mailto:":
        text = text[7:]
    found = _validated(text, allow_display_name=True)
    return _address(found), found.display_name or ""


def digest_of(text: str) -> str:
    """SHA-256 in hex, for what is compared and never shown."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(text: str) -> Address | None:
    """The address, if it is of the plainest form, as nearly all are: only its domain is looked at, and once."""
    local, _, domain = text.partition("@")
    if len(text) > PLAIN_MAX or not _PLAIN_LOCAL_PART.fullmatch(local):
        return None
    known = _domain(domain)
    return known and Address(f"{local}@{known[0]}", f"{local.lower()}@{known[1]}", f"{local}@{known[1]}", False)


@lru_cache(maxsize=4096)
def _domain(text: str) -> tuple[str, str] | None:
    """A domain as it is shown and in ASCII, or None for one that is to be refused in words."""
    try:
        found = _validated(f"a@{text}", allow_display_name=False)
    except NotAnAddress:
        return None
    return found.domain, found.ascii_domain.lower()


def _validated(text: str, *, allow_display_name: bool) -> ValidatedEmail:
    if not text:
        raise NotAnAddress("An e-mail address is missing.")
    if len(text) > 4 * ADDRESS_MAX:
        raise NotAnAddress("The e-mail address is too long.")
    if _ESCAPED_BEYOND_ASCII.search(text):
        raise NotAnAddress("A backslash in an e-mail address can only stand before an ASCII character.")
    try:
        found = validate_email(
            text,
            allow_display_name=allow_display_name,
            allow_quoted_local=True,
            check_deliverability=False,
            strict=True,
        )
    except EmailNotValidError as wrong:
        sentence = str(wrong).replace("email address", "e-mail address").rstrip(".")
        raise NotAnAddress(f"{sentence}.") from wrong
    # The library measures a quoted local part without its quotes and escapes; RFC 5321 counts them.
    typed = found.local_part if found.display_name is not None else text.rpartition("@")[0]
    if len(typed.encode()) > LOCAL_PART_MAX:
        raise NotAnAddress("The e-mail address is too long before the @-sign.")
    return found


def _address(found: ValidatedEmail) -> Address:
    return Address(
        text=found.normalized,
        key=f"{_folded(found.local_part)}@{found.ascii_domain.lower()}",
        envelope=f"{found.local_part}@{found.ascii_domain}",
        needs_smtputf8=not found.local_part.isascii(),
    )


def _folded(local_part: str) -> str:
    # lower() and not casefold(): casefold would make one mailbox of ß and ss, which mail servers keep apart.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", local_part).lower())
