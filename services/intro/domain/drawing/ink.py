"""The place for what both drawings are made of: colours that hold on light and dark paper, text, and the legend."""

from html import escape

from services.intro.domain.drawing.meetings import Meetings

ARC, WELCOME, TABLE = "#5b7fa6", "#d9892b", "#5f9c74"
PERSON, NEWCOMER, WELCOMER, ALONE = "#7d8ca0", "#d9892b", "#2f8f83", "#c2555a"
NAME_MOST = 28
LETTER = 0.58
"""Width of a letter, in parts of the size of the type: an estimate on the wide side."""


def colour_of(meetings: Meetings, person: int) -> str:
    if person in meetings.left_out:
        return ALONE
    if person in meetings.newcomers:
        return NEWCOMER
    return WELCOMER if person in meetings.welcomers else PERSON


def text_of(name: str) -> str:
    """What XML can carry, at most a line of it."""
    carried = "".join(
        c for c in name if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
    return escape(carried if len(carried) <= NAME_MOST else carried[: NAME_MOST - 1] + "…")


def legend(meetings: Meetings, *, left: float, top: float, width: float, size: float) -> tuple[list[str], float]:
    """What the colours mean, in rows within a width; and how high they are."""
    shown = [("introduced", PERSON, True)]
    shown += [("newcomer", NEWCOMER, bool(meetings.newcomers)), ("welcomer", WELCOMER, bool(meetings.welcomers))]
    shown += [("newcomer and welcomer", WELCOME, any(meetings.is_welcome(a, b) for a, b in meetings.pairs))]
    shown += [("table", TABLE, bool(meetings.tables)), ("without an introduction", ALONE, bool(meetings.left_out))]
    parts, x, y = [], left, top + size
    for label, colour, there in shown:
        if not there:
            continue
        long = (3.2 + LETTER * len(label)) * size
        if x > left and x + long > left + width:
            x, y = left, y + 1.8 * size
        parts.append(_sample(label, colour, x, y, size))
        parts.append(f'<text x="{x + 1.2 * size:.1f}" y="{y:.1f}" dy="0.35em">{label}</text>')
        x += long
    group = f'<g font-size="{size:.1f}" fill="currentColor">{"".join(parts)}</g>'
    return [group], y + size - top


def _sample(label: str, colour: str, x: float, y: float, size: float) -> str:
    """A dot, or a stroke for what is drawn as one."""
    if label == "newcomer and welcomer":
        ends = f'x1="{x - 0.5 * size:.1f}" x2="{x + 0.6 * size:.1f}" y1="{y:.1f}" y2="{y:.1f}"'
        return f'<line {ends} stroke="{colour}" stroke-width="{size / 5:.1f}" stroke-linecap="round"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size * 0.42:.1f}" fill="{colour}"/>'
