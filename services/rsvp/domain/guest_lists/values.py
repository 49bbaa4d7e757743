"""The place for what a cell's text means when it is a yes, a number, a time, a list or a spreadsheet formula."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

_YES = frozenset({"yes", "y", "true", "1", "x", "✓", "✔", "checked", "on", "ja", "oui", "si", "sí", "sim"})
_NO = frozenset({"no", "n", "false", "0", "-", "✗", "✘", "off", "none", "nope", "nein", "non", "não", "nao"})
_NUMBERS = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}

_HYPERLINK = re.compile(r'=\s*HYPERLINK\(\s*"([^"]*)"\s*(?:[,;]\s*"((?:[^"]|"")*)"\s*)?\)', re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"')

# Tools write times in these ways. A time without a zone is taken as UTC: it only orders rows of one list.
_TIMES = (
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%m/%d/%y %H:%M", "%m/%d/%y %I:%M %p", "%m/%d/%y", "%Y/%m/%d %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%b %d, %Y %I:%M %p", "%B %d, %Y", "%b %d, %Y", "%d %b %Y", "%d %B %Y",
)  # fmt: skip
_ZONE = re.compile(r"\s+(?:GMT|UTC)?([+-]\d{1,2})(?::?(\d{2}))?$")


def yes_or_no(cell: str) -> bool | None:
    """True, False, or None when the cell is neither."""
    word = cell.strip().rstrip(".!").casefold().split(",")[0].strip()
    return True if word in _YES else False if word in _NO else None


def whole_number(cell: str) -> int | None:
    """How many: `2`, `+1`, `two`, `2 guests`, `no`; None when the cell does not say."""
    text = cell.strip().casefold()
    if found := re.fullmatch(r"\+?\s*(\d{1,3})(?:\.0)?(?:\s+[a-z' -]+)?", text):
        return int(found[1])
    if text in _NUMBERS:
        return _NUMBERS[text]
    said = yes_or_no(text)
    return None if said is None else int(said)


def point_in_time(value: object) -> datetime | None:
    """A time from ISO 8601, a tool's own way of writing it, or seconds or milliseconds since 1970."""
    if isinstance(value, bool) or value is None or not str(value).strip():
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        return _written_time(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None


def _written_time(text: str) -> datetime | None:
    if re.fullmatch(r"\d{9,14}", text):
        return point_in_time(int(text))
    try:
        return _in_utc(datetime.fromisoformat(text))
    except ValueError:
        pass
    zone = _ZONE.search(text)  # Google Forms: 2026/09/20 10:00:00 AM GMT+2
    offset = f"{int(zone[1]):+03d}{zone[2] or '00'}" if zone else "+0000"
    bare = text[: zone.start()] if zone else text.removesuffix(" UTC").removesuffix(" GMT")
    for written in _TIMES:
        try:
            return datetime.strptime(f"{bare} {offset}", f"{written} %z").astimezone(UTC)
        except ValueError:
            continue
    return None


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def without_formula(cell: str) -> str:
    """The text a spreadsheet would show for `=HYPERLINK("address","text")` and `="text"`; others unchanged."""
    if not cell.startswith("="):
        return cell
    if link := _HYPERLINK.fullmatch(cell.strip()):
        address, label = link[1], (link[2] or "").replace('""', '"')
        return label or address.removeprefix("mailto:")
    text = _TEXT_FORMULA.fullmatch(cell.strip())
    return text[1].replace('""', '"') if text else cell


def separator_of_lists(cells: Iterable[str]) -> str:
    """What separates the entries in a column of lists: one separator for all of it when it is not the comma.

    A form joins what people ticked with one separator, and the entries may hold the others: `Writing papers to
    be transparent, reproducible, and fabulous; Using OSF`.
    """
    filled = [cell for cell in cells if cell.strip()]
    several = [cell for cell in filled if re.search(r"[,;\n|]", cell)]
    for separator in "\n;|":
        if 2 * sum(separator in cell for cell in several) >= max(len(several), 1):
            return separator
    return ","


def entries(cell: str, separator: str) -> tuple[str, ...]:
    """The entries of a list, trimmed, each once. Prose stays whole; brackets keep their commas."""
    if _is_prose(cell):
        return (cell.strip(),)
    ends = ",;\n" if separator == "," else re.escape(separator)
    parts = [part.strip() for part in re.findall(rf"(?:\([^()]*\)|[^{ends}])+", cell)]
    spelled: dict[str, str] = {}
    for part in filter(None, parts):
        spelled.setdefault(part.casefold(), part)
    return tuple(spelled.values())


def _is_prose(cell: str) -> bool:
    """A sentence is not a list: it ends one and begins another, or speaks of itself."""
    text = cell.strip()
    return bool(
        re.search(r"[a-z]{3,}[.!?]\s+[A-Z]", text)
        or re.search(r"\b(?:I(?:['\u2019](?:m|d|ve|ll))?|[Ww]e)\s+[a-z]|\b[Mm]y\s+[a-z]", text)
        or (text.endswith((".", "!", "?")) and len(text.split()) > 5 and not text.endswith("etc."))
    )
