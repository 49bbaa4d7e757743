"""The drawing of who meets whom, for looking at: a few dozen people as a map, a crowd as a circle, nobody named.

A name stands beside a dot only where it is handed in, which is for those who agreed to that. People who are introduced
to one another are brought near each other. The same meetings give the same bytes.
"""

from html import escape

from services.intro.domain.drawing.circle import condensed, in_a_circle
from services.intro.domain.drawing.map import on_a_map
from services.intro.domain.drawing.meetings import Meetings, summary

__all__ = ["MAPPED_UP_TO", "Meetings", "drawing", "summary"]

MAPPED_UP_TO = 80
"""More people than these are a crowd: not every name and line could be told apart."""


def drawing(meetings: Meetings) -> str:
    """An SVG of its own."""
    if meetings.people <= MAPPED_UP_TO:
        box, parts = on_a_map(meetings)
    else:
        box, parts = in_a_circle(condensed(meetings))
    said = escape(summary(meetings))
    shape = f'viewBox="{box}" font-family="system-ui, sans-serif"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {shape} role="img" aria-label="{said}">'
    return "".join([opening, f"<title>{said}</title>", *parts, "</svg>"])
