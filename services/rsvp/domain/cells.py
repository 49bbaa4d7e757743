"""The place for writing text into CSV cells so that no spreadsheet runs it, and for getting it back unchanged.

A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@` (or their full-width twins), also after blanks,
a tab or a line break, for a formula. Such a cell gets an apostrophe in front (OWASP, CSV Injection), and so
does a cell that already has apostrophes before such a beginning; reading takes exactly one apostrophe away.
Every text therefore comes back as it was, and all others are written as they are: `'t Hooft` stays `'t Hooft`.
"""

import re

_RUNS = r"(?:[\t\r\n]|[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
_NEEDS_AN_APOSTROPHE = re.compile(f"'*{_RUNS}")
_HAS_AN_APOSTROPHE = re.compile(f"'+{_RUNS}")


def safe_cell(text: str) -> str:
    """`text` as it can be shown in a spreadsheet without being run."""
    return f"'{text}" if _NEEDS_AN_APOSTROPHE.match(text) else text


def plain_cell(cell: str) -> str:
    """The text that `safe_cell` was given."""
    return cell[1:] if _HAS_AN_APOSTROPHE.match(cell) else cell


def list_cell(items: tuple[str, ...]) -> str:
    r"""Several texts in one cell: `metadata; zines`, with `\;` for a semicolon and `\\` for a backslash."""
    return "; ".join(item.replace("\\", "\\\\").replace(";", "\\;") for item in items)


def items_in_cell(cell: str) -> tuple[str, ...]:
    """The texts that `list_cell` was given; people may leave the blank after a semicolon away."""
    texts, escaped = [""], False
    for character in cell:
        if escaped or character not in "\\;":
            texts[-1] += character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            texts.append("")
    first, *others = texts
    return tuple(text for text in (first, *(other.removeprefix(" ") for other in others)) if text)
