"""The place for a crowd drawn as a circle: people stand in a ring, and lines that go the same way run together.

After Holten, "Hierarchical edge bundles" (2006): a line from one person to another bends towards the middles of the
circles that both belong to. The ring's colours turn from green to violet and back, so that a line's colour says where
it comes from.
"""

import colorsys
import math
from dataclasses import replace

import numpy as np

from services.intro.domain.drawing.circles import Circles, circles
from services.intro.domain.drawing.ink import TABLE, WELCOME, colour_of, legend
from services.intro.domain.drawing.meetings import Ints, Meetings, Points

SIZE, RADIUS, TYPE = 1000.0, 400.0, 20.0
MOST_DOTS = 6000
IN_A_ROW, ROW_APART = 420, 5.6
BUNDLED = 0.86
"""How closely lines follow the circles' middles: 0 is straight."""
TINTS = 24
GAP = 1 / 14
"""All gaps between circles together, as a part of the ring."""

Part = str


def in_a_circle(meetings: Meetings) -> tuple[str, list[Part]]:
    """The view box, and what is drawn in it."""
    links = meetings.links
    found = circles(meetings.people, links)
    angle = _angles(found)
    below, height = legend(meetings, left=40, top=SIZE - 10, width=SIZE - 80, size=TYPE)
    drawn = [*_lines(meetings, links, found, angle), *_dots(meetings, found, angle), *below]
    return f"0 0 {SIZE:.0f} {SIZE + height:.0f}", drawn


def condensed(meetings: Meetings) -> Meetings:
    """A crowd beyond what can be drawn one by one: a dot stands for a circle of several."""
    if meetings.people <= MOST_DOTS:
        return meetings
    links = meetings.links
    found = circles(meetings.people, links)
    of = next(of for of in found.of if of.max() < MOST_DOTS) if found.of[-1].max() < MOST_DOTS else found.of[-1]
    size = np.bincount(of)
    pairs = np.unique(np.sort(of[links], axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return replace(
        Meetings(len(size), [(a, b) for a, b in pairs.tolist()]),
        newcomers=_mostly(meetings.newcomers, of, size),
        welcomers=_mostly(meetings.welcomers, of, size),
        left_out=_mostly(meetings.left_out, of, size),
        each=round(meetings.people / len(size)),
    )


def _mostly(people: frozenset[int], of: Ints, size: Ints) -> frozenset[int]:
    counted = np.bincount(of[sorted(people)], minlength=len(size)) if people else np.zeros(len(size))
    return frozenset(np.nonzero(2 * counted > size)[0].tolist())


def _angles(found: Circles) -> Points:
    """Where in the ring everybody stands, with gaps between the larger circles."""
    people = len(found.order)
    large = found.of[found.level(largest=people / 6)][found.order]
    gaps = (np.diff(large, prepend=large[:1]) != 0).cumsum()
    gap = GAP * people / (gaps[-1] + 1)
    angle = np.empty(people)
    angle[found.order] = 2 * np.pi * (np.arange(people) + gaps * gap) / (people + gap * (gaps[-1] + 1)) - np.pi / 2
    return angle


def _on(angle: Points, radius: float) -> Points:
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _middles(of: Ints, angle: Points, radius: float) -> Points:
    """The middle of each circle of people, at a radius."""
    towards = np.zeros(int(of.max()) + 1, dtype=complex)
    np.add.at(towards, of, np.exp(1j * angle))
    return _on(np.angle(towards), radius)


def _lines(meetings: Meetings, links: Ints, found: Circles, angle: Points) -> list[Part]:
    people = meetings.people
    large, small = (found.of[found.level(largest=people / part)] for part in (8, 60))
    at, outer, inner = _on(angle, RADIUS), _middles(small, angle, RADIUS * 0.76), _middles(large, angle, RADIUS * 0.42)
    groups: dict[str, list[str]] = {}
    for number, (a, b) in enumerate(links.tolist()):
        way = [outer[small[a]]]
        if small[a] != small[b]:
            way += [inner[large[a]], *([np.zeros(2), inner[large[b]]] if large[a] != large[b] else []), outer[small[b]]]
        welcome = number < len(meetings.pairs) and meetings.is_welcome(a, b)
        colour = TABLE if number >= len(meetings.pairs) else WELCOME if welcome else _tint(angle[a])
        groups.setdefault(colour, []).append(_curve(np.stack([at[a], *way, at[b]])))
    width = min(2.4, max(0.7, 26 / math.sqrt(len(links) or 1)))
    opacity = min(0.9, max(0.24, 9 / math.sqrt(len(links) or 1)))
    style = f'fill="none" stroke-width="{width:.2f}" stroke-opacity="{opacity:.2f}" stroke-linecap="round"'
    top = sorted(groups, key=lambda colour: (colour in (WELCOME, TABLE), colour))
    return [f"<g {style}>{''.join(_strokes(colour, groups[colour]) for colour in top)}</g>"]


def _strokes(colour: str, lines: list[str]) -> str:
    """Several pens a colour: lines of one pen do not darken where they cross, those of others do."""
    pens = min(6, len(lines))
    return "".join(f'<path stroke="{colour}" d="{"".join(lines[pen::pens])}"/>' for pen in range(pens))


def _curve(way: Points) -> str:
    """A quadratic B-spline along the way, as far as it is bundled."""
    along = np.linspace(0, 1, len(way))[:, None]
    way = BUNDLED * way + (1 - BUNDLED) * (way[0] + along * (way[-1] - way[0])) + SIZE / 2
    said = f"M{way[0][0]:.0f} {way[0][1]:.0f}"
    for i in range(1, len(way) - 1):
        end = (way[i] + way[i + 1]) / 2 if i < len(way) - 2 else way[-1]
        said += f"Q{way[i][0]:.0f} {way[i][1]:.0f} {end[0]:.0f} {end[1]:.0f}"
    return said


def _tint(angle: float) -> str:
    """Green at the top, violet at the bottom."""
    step = int((angle + np.pi / 2) / (2 * np.pi) * TINTS) % TINTS
    hue = 0.46 + 0.30 * (0.5 - 0.5 * math.cos(2 * math.pi * step / TINTS))
    red, green, blue = colorsys.hls_to_rgb(hue, 0.5, 0.42)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _dots(meetings: Meetings, found: Circles, angle: Points) -> list[Part]:
    """One a person, several rows deep where they are many; whoever has nobody stands a step outside."""
    people = meetings.people
    rows = max(1, min(12, math.ceil(people / IN_A_ROW)))
    size = ROW_APART * 0.4 if rows > 1 else min(6.0, 0.36 * 2 * math.pi * RADIUS / people)
    row = np.empty(people)
    row[found.order] = np.arange(people) % rows
    alone = np.zeros(people)
    alone[sorted(meetings.left_out)] = rows + 1.5
    radius = RADIUS + 3 + size + np.where(alone > 0, alone, row) * ROW_APART
    at = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radius[:, None] + SIZE / 2
    groups: dict[str, list[str]] = {}
    for person, (x, y) in enumerate(at):
        groups.setdefault(colour_of(meetings, person), []).append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>')
    return [f'<g fill="{colour}">{"".join(dots)}</g>' for colour, dots in sorted(groups.items())]
