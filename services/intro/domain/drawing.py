"""The place for the drawing of who meets whom: people on a circle, an arc for each introduction, nobody named.

A name stands beside a dot only where it is handed in, which is for those who agreed to that. People who are
introduced to one another are brought near each other, so that a large gathering shows its circles and a small
one every single arc.
"""

import cmath
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from random import Random

SIZE = 1000
CENTRE = SIZE / 2
RADIUS = 400.0
IN_A_ROW, MOST_ROWS, ROW_APART = 400, 8, 6.0
LABELLED_UP_TO = 60
TURNS = 60
"""Rounds of drawing neighbours together; further ones move nobody that an eye would notice."""
PENS = 24
"""Arcs of a crowd are drawn with so many pens: each one's opacity adds to the others', so density shows."""

ARC, WELCOME, TABLE = "#5b7fa6", "#c9822b", "#6a9a78"
PERSON, NEWCOMER, WELCOMER, ALONE = "#5b6b7d", "#c9822b", "#2f8f83", "#b5484f"

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Meetings:
    """Who meets whom, by numbers from 0 to `people` - 1."""

    people: int
    pairs: Sequence[tuple[int, int]]
    tables: Sequence[Sequence[int]] = ()
    newcomers: frozenset[int] = frozenset()
    welcomers: frozenset[int] = frozenset()
    left_out: frozenset[int] = frozenset()
    names: Mapping[int, str] = field(default_factory=dict)

    @property
    def links(self) -> list[tuple[int, int]]:
        return [*self.pairs, *((a, b) for table in self.tables for a, b in _ring(table))]

    def is_welcome(self, a: int, b: int) -> bool:
        return (a in self.newcomers and b in self.welcomers) or (b in self.newcomers and a in self.welcomers)


def drawing(meetings: Meetings) -> str:
    """An SVG of its own; the same meetings give the same bytes."""
    where = _places(meetings)
    parts = [
        *_tables(meetings, where),
        *_arcs(meetings, where, welcome=False),
        *_arcs(meetings, where, welcome=True),
        *_dots(meetings, where),
        *_names(meetings, where),
        *_legend(meetings),
    ]
    said = escape(summary(meetings))
    box = f'viewBox="0 0 {SIZE} {SIZE + 60}" font-family="system-ui, sans-serif"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{said}">'
    return "".join([opening, f"<title>{said}</title>", *parts, "</svg>"])


def summary(meetings: Meetings) -> str:
    """The drawing in one sentence, for those who do not see it."""
    tables = f" and {_count(len(meetings.tables), 'table')}" if meetings.tables else ""
    without = f"; {len(meetings.left_out)} without an introduction" if meetings.left_out else ""
    people, pairs = _count(meetings.people, "person", "people"), _count(len(meetings.pairs), "introduction")
    return f"{people}, {pairs}{tables}{without}."


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _ring(table: Sequence[int]) -> list[tuple[int, int]]:
    return [(table[i - 1], table[i]) for i in range(len(table))]


def _places(meetings: Meetings) -> list[Point]:
    """Everybody's point on the circle, neighbours drawn together by averaging on it (a power iteration)."""
    n, links = meetings.people, meetings.links
    chance = Random(n)  # noqa: S311 - a drawing, not a secret
    at = [cmath.rect(1, chance.uniform(0, math.tau)) for _ in range(n)]
    degree = [1] * n
    for a, b in links:
        degree[a] += 1
        degree[b] += 1
    for _ in range(TURNS if links else 0):
        pulled = list(at)
        for a, b in links:
            pulled[a] += at[b]
            pulled[b] += at[a]
        at = [point / weight for point, weight in zip(pulled, degree, strict=True)]
        middle = sum(at) / n
        longest = max(abs(point - middle) for point in at) or 1.0
        at = [(point - middle) / longest for point in at]
    order = sorted(range(n), key=lambda person: (cmath.phase(at[person]), person))
    points: list[Point] = [(0.0, 0.0)] * n
    rows = _rows(n)
    for rank, person in enumerate(order):
        angle = math.tau * rank / max(1, n) - math.pi / 2
        radius = RADIUS + (rank % rows) * ROW_APART
        points[person] = (CENTRE + radius * math.cos(angle), CENTRE + radius * math.sin(angle))
    return points


def _rows(people: int) -> int:
    """A crowd stands several rows deep, so that its dots can still be told apart."""
    return max(1, min(MOST_ROWS, math.ceil(people / IN_A_ROW)))


def _arc(a: Point, b: Point) -> str:
    """A curve that bends towards the centre, the more the farther apart its ends are."""
    apart = math.dist(a, b) / (2 * RADIUS)
    pull = 0.05 + 0.8 * math.sqrt(apart)
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    x, y = middle[0] + (CENTRE - middle[0]) * pull, middle[1] + (CENTRE - middle[1]) * pull
    return f"M{a[0]:.1f} {a[1]:.1f}Q{x:.1f} {y:.1f} {b[0]:.1f} {b[1]:.1f}"


def _arcs(meetings: Meetings, where: Sequence[Point], *, welcome: bool) -> list[str]:
    chosen = [_arc(where[a], where[b]) for a, b in meetings.pairs if meetings.is_welcome(a, b) is welcome]
    if not chosen:
        return []
    crowd = len(meetings.pairs)
    width = min(3.0, max(0.6, 30 / math.sqrt(crowd)))
    opacity = min(0.85, max(0.3, 12 / math.sqrt(crowd)))
    pens = len(chosen) if crowd <= LABELLED_UP_TO * 4 else PENS
    paths = ["".join(chosen[i::pens]) for i in range(min(pens, len(chosen)))]
    drawn = "".join(f'<path d="{path}"/>' for path in paths)
    colour = WELCOME if welcome else ARC
    style = f'fill="none" stroke="{colour}" stroke-width="{width:.2f}" stroke-opacity="{opacity:.2f}"'
    return [f'<g {style} stroke-linecap="round">{drawn}</g>']


def _tables(meetings: Meetings, where: Sequence[Point]) -> list[str]:
    """Each table as a soft shape between its people."""
    shapes = []
    for table in meetings.tables:
        ordered = sorted(table, key=lambda i: math.atan2(where[i][1] - CENTRE, where[i][0] - CENTRE))
        points = [where[i] for i in ordered]
        path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
        for a, b in zip(points, [*points[1:], points[0]], strict=True):
            path += _arc(a, b)[len(f"M{a[0]:.1f} {a[1]:.1f}") :]
        shapes.append(f'<path d="{path}Z"/>')
    if not shapes:
        return []
    style = f'fill="{TABLE}" fill-opacity="0.22" stroke="{TABLE}" stroke-opacity="0.8" stroke-width="1.5"'
    return [f"<g {style}>{''.join(shapes)}</g>"]


def _dots(meetings: Meetings, where: Sequence[Point]) -> list[str]:
    """One dot a person; those without an introduction stand outside, in a ring of their own."""
    size = min(9.0, max(0.8, 0.75 * math.pi * RADIUS * _rows(meetings.people) / max(1, meetings.people)))
    size = min(size, ROW_APART * 0.42) if _rows(meetings.people) > 1 else size
    outside = RADIUS + ROW_APART * _rows(meetings.people) + 14
    groups: dict[str, list[str]] = {PERSON: [], WELCOMER: [], NEWCOMER: [], ALONE: []}
    for person, point in enumerate(where):
        if person in meetings.left_out:
            x, y = _outwards(point, outside / math.dist(point, (CENTRE, CENTRE)))
            groups[ALONE].append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{max(size, 2.2):.1f}"/>')
        else:
            x, y = point
            groups[_colour(meetings, person)].append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>')
    return [f'<g fill="{colour}">{"".join(dots)}</g>' for colour, dots in groups.items() if dots]


def _colour(meetings: Meetings, person: int) -> str:
    if person in meetings.newcomers:
        return NEWCOMER
    return WELCOMER if person in meetings.welcomers else PERSON


def _outwards(point: Point, by: float) -> Point:
    return CENTRE + (point[0] - CENTRE) * by, CENTRE + (point[1] - CENTRE) * by


def _names(meetings: Meetings, where: Sequence[Point]) -> list[str]:
    if meetings.people > LABELLED_UP_TO or not meetings.names:
        return []
    said = []
    for person, name in sorted(meetings.names.items()):
        x, y = _outwards(where[person], 1.06)
        anchor = "start" if x > CENTRE + 40 else "end" if x < CENTRE - 40 else "middle"
        said.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" dy="0.35em">{_text(name)}</text>')
    return [f'<g font-size="17" fill="currentColor">{"".join(said)}</g>']


def _text(name: str) -> str:
    """What XML can carry, at most a line of it."""
    carried = "".join(
        c for c in name if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
    return escape(carried if len(carried) <= 28 else carried[:27] + "…")


def _legend(meetings: Meetings) -> list[str]:
    shown = [("introduced", PERSON, True)]
    shown += [("newcomer", NEWCOMER, bool(meetings.newcomers)), ("welcomer", WELCOMER, bool(meetings.welcomers))]
    shown += [("table", TABLE, bool(meetings.tables)), ("without an introduction", ALONE, bool(meetings.left_out))]
    parts, x = [], 30.0
    for label, colour, there in shown:
        if there:
            parts.append(f'<circle cx="{x:.0f}" cy="{SIZE + 26}" r="8" fill="{colour}"/>')
            parts.append(f'<text x="{x + 16:.0f}" y="{SIZE + 26}" dy="0.35em">{label}</text>')
            x += 46 + 10.2 * len(label)
    return [f'<g font-size="20" fill="currentColor">{"".join(parts)}</g>']
