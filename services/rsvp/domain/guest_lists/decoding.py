"""The place for turning an uploaded file's bytes into text, or saying what the file really is."""

import codecs
import re

from services.rsvp.domain.guest_lists.errors import EncodingUnknown, ListEmpty, ListTooBig, NotAGuestList

MAX_BYTES = 20_000_000

_SAVE_AS_CSV = "open it and save it as “CSV UTF-8”, then import that"
_BEGINNINGS = (
    (b"\x89PNG", "a PNG image, not a guest list"),
    (b"\xff\xd8\xff", "a JPEG image, not a guest list"),
    (b"GIF8", "a GIF image, not a guest list"),
    (b"RIFF", "a picture or a recording, not a guest list"),
    (b"%PDF", "a PDF; export the list as CSV instead"),
    (b"PK\x03\x04", f"an Excel workbook (or another ZIP archive): {_SAVE_AS_CSV}"),
    (b"\xd0\xcf\x11\xe0", f"an old Excel workbook: {_SAVE_AS_CSV}"),
    (b"\x1f\x8b", "a gzip archive: unpack it and import what is in it"),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins it
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WEB_PAGE = re.compile(r"\s*<(!doctype html|html|\?xml)\b", re.IGNORECASE)
# Another alphabet read as Western European shows as accented letters in a row, or as signs that names do not have.
_NOT_WESTERN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]|[^\\W\\d_a-zA-Z]{4}")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_ODD_SIGN = re.compile(
    "[^\x00-\x7f\\w\u2018-\u201d\u2013\u2014\u2026\u20ac\xa0\xa1\xa3\xa7\xab\xb0\xb4\xb7\xbb\xbf]|[\xb2\xb3\xb9\xbc-\xbe]"
)


def decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a file, without its byte order mark, and notes on how it was read."""
    if len(raw) > MAX_BYTES:
        raise ListTooBig(
            f"The file has {len(raw) / 1e6:,.0f} MB; a guest list may have {MAX_BYTES / 1e6:,.0f} MB at most."
        )
    for beginning, what in _BEGINNINGS:
        if raw.startswith(beginning):
            raise NotAGuestList(f"The file is {what}.")
    text, notes = _text(raw)
    if not text.strip():
        raise ListEmpty
    if _WEB_PAGE.match(text):
        raise NotAGuestList("The file is a web page, perhaps a sign-in page; export the list as CSV again.")
    return text, notes


def _text(raw: bytes) -> tuple[str, tuple[str, ...]]:
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _strictly(raw[len(mark) :], encoding), ()
    if encoding := _utf16_without_mark(raw):
        return _strictly(raw, encoding), ()
    try:
        return raw.decode(), ()
    except UnicodeDecodeError as wrong:
        return _western(raw, at=wrong.start), (
            "The file is not UTF-8; it was read as Western European (Windows-1252). Look at the names with accents.",
        )


def _strictly(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise EncodingUnknown(
            f"The file says it is {encoding.upper()} but is not: save it as “CSV UTF-8” and import it again."
        ) from wrong


def _utf16_without_mark(raw: bytes) -> str:
    sample = raw[:2000]
    if len(raw) % 2 or len(sample) < 4:
        return ""
    half = len(sample) // 2
    if sample[1::2].count(0) > 0.6 * half:
        return "utf-16-le"
    return "utf-16-be" if sample[0::2].count(0) > 0.6 * half else ""


def _western(raw: bytes, *, at: int) -> str:
    replaced = raw.decode(errors="replace")
    if 2 * replaced.count("\ufffd") < sum(not letter.isascii() for letter in replaced):
        line = raw.count(b"\n", 0, at) + 1
        raise EncodingUnknown(
            f"Line {line} holds a character that is not UTF-8 like the rest: "
            "save the file as “CSV UTF-8” and import it again."
        )
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as wrong:
        raise EncodingUnknown from wrong
    odd, beyond = len(_ODD_SIGN.findall(text)), len(_BEYOND_ASCII.findall(text))
    if _NOT_WESTERN.search(text) or 10 * odd > beyond:
        raise EncodingUnknown
    return text
