"""The place for a few dozen people drawn as a map: springs pull along introductions, everybody pushes everybody away.

After Fruchterman and Reingold, "Graph drawing by force-directed placement" (1991), with a pull to the middle that is
weaker sideways, since pages are wider than high. Whoever has no introduction stands in a row below.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from services.intro.domain.drawing.ink import ARC, TABLE, WELCOME, colour_of, legend, text_of
from services.intro.domain.drawing.labels import Label, labelled
from services.intro.domain.drawing.meetings import Ints, Meetings, Points

APART = 104.0
"""How far from each other people stand who meet, in the middle."""
DOT, TYPE, EDGE = 9.0, 15.0, 26.0
STEPS = 500
GRAVITY = (0.18, 0.26)
WIDEST = 900.0
BEND = 0.11

Part = str


def on_a_map(meetings: Meetings) -> tuple[str, list[Part]]:
    """The view box, and what is drawn in it."""
    at = _places(meetings)
    labels = labelled(at, meetings.names, meetings.links, dot=DOT, size=TYPE)
    low, high = _extent(at, labels)
    below, height = legend(meetings, left=low[0] + DOT, top=high[1] + 22, width=high[0] - low[0], size=TYPE)
    low, high = low - EDGE, high + EDGE
    box = f"{low[0]:.0f} {low[1]:.0f} {high[0] - low[0]:.0f} {high[1] - low[1] + height + 8:.0f}"
    drawn = [*_tables(meetings, at), *_lines(meetings, at), *_dots(meetings, at), *_names(labels), *below]
    return box, drawn


def _places(meetings: Meetings) -> Points:
    alone = np.array(sorted(meetings.left_out), dtype=np.int64)
    meeting = np.array([i for i in range(meetings.people) if i not in meetings.left_out], dtype=np.int64)
    at = np.zeros((meetings.people, 2))
    if len(meeting):
        row_of = np.full(meetings.people, -1, dtype=np.int64)
        row_of[meeting] = np.arange(len(meeting))
        links = row_of[_springs(meetings)]
        at[meeting] = _relaxed(len(meeting), links[(links >= 0).all(axis=1)])
    if len(alone):
        low, high = (at[meeting].min(axis=0), at[meeting].max(axis=0)) if len(meeting) else (np.zeros(2), np.zeros(2))
        each = max(4, int(max(high[0] - low[0], WIDEST / 2) / APART))
        rows, columns = np.divmod(np.arange(len(alone)), each)
        at[alone] = np.stack([low[0] + columns * APART, high[1] + (rows + 1) * APART * 0.8], axis=1)
    return at


def _relaxed(people: int, links: Ints) -> Points:
    """Where people come to rest, one `APART` from those they meet and from everybody else as far as it goes."""
    turn = np.arange(people) * 2.399963  # the golden angle, which puts nobody in line with anybody
    at = np.sqrt(np.arange(people) + 0.5)[:, None] * np.stack([1.3 * np.cos(turn), np.sin(turn)], axis=1)
    a, b = links.T
    for step in range(STEPS):
        apart = at[:, None] - at[None]
        force = (apart / ((apart**2).sum(axis=2) + 0.01)[..., None]).sum(axis=1) - np.array(GRAVITY) * at
        pull = (at[b] - at[a]) * np.linalg.norm(at[b] - at[a], axis=1, keepdims=True)
        np.add.at(force, a, pull)
        np.subtract.at(force, b, pull)
        longest = np.linalg.norm(force, axis=1, keepdims=True) + 1e-9
        at = at + force / longest * np.minimum(0.25 * longest, 0.01 + 0.6 * (1 - step / STEPS) ** 2)
    long = np.median(np.linalg.norm(at[a] - at[b], axis=1)) if len(links) else 1.0
    return _turned(_spaced(at * APART / long))


def _springs(meetings: Meetings) -> Ints:
    """Every two who meet, at a table each with each."""
    together = [couple for table in meetings.tables for couple in combinations(table, 2)]
    return np.array([*meetings.pairs, *together], dtype=np.int64).reshape(-1, 2)


def _spaced(at: Points, least: float = 0.66 * APART) -> Points:
    """Whoever stands too near another makes room."""
    for _ in range(120):
        apart = at[:, None] - at[None]
        distance = np.linalg.norm(apart, axis=2) + np.eye(len(at)) * 1e9
        near = np.maximum(0.0, least - distance)
        at = at + (apart / distance[..., None] * near[..., None]).sum(axis=1) * 0.25
    return at


def _turned(at: Points) -> Points:
    """The longer side lies."""
    at = at - at.mean(axis=0)
    if len(at) < 3:
        return at
    _, axes = np.linalg.eigh(at.T @ at)
    return np.asarray(at @ axes[:, ::-1])


def _extent(at: Points, labels: Sequence[Label]) -> tuple[Points, Points]:
    corners = [*(at - DOT), *(at + DOT)] if len(at) else [np.zeros(2), np.array([200.0, 60.0])]
    corners += [np.array(corner) for label in labels for corner in (label.box[:2], label.box[2:])]
    return np.min(corners, axis=0), np.max(corners, axis=0)


def _curve(a: Points, b: Points, side: int) -> str:
    across = np.array([a[1] - b[1], b[0] - a[0]]) * BEND * side
    middle = (a + b) / 2 + across
    return f"M{a[0]:.1f} {a[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {b[0]:.1f} {b[1]:.1f}"


def _lines(meetings: Meetings, at: Points) -> list[Part]:
    groups: dict[str, list[str]] = {ARC: [], WELCOME: []}
    for a, b in meetings.pairs:
        colour = WELCOME if meetings.is_welcome(a, b) else ARC
        groups[colour].append(f'<path d="{_curve(at[a], at[b], 1 if (a + b) % 2 else -1)}"/>')
    style = 'fill="none" stroke-width="2.4" stroke-opacity="0.75" stroke-linecap="round"'
    return [f'<g {style} stroke="{colour}">{"".join(lines)}</g>' for colour, lines in groups.items() if lines]


def _tables(meetings: Meetings, at: Points) -> list[Part]:
    """Each table as a soft shape that its people sit around."""
    shapes = []
    for table in meetings.tables:
        corners = " ".join(f"{x:.1f} {y:.1f}" for x, y in _outline(at[list(table)].tolist()))
        shapes.append(f'<path d="M{corners}Z"/>')
    style = f'fill="{TABLE}" stroke="{TABLE}" stroke-width="{3.4 * DOT:.0f}" stroke-linejoin="round" opacity="0.2"'
    return [f"<g {style}>{shape}</g>" for shape in shapes]


def _outline(points: list[list[float]]) -> list[list[float]]:
    """The convex hull (Andrew, 1979)."""
    ordered = sorted(points)
    hull: list[list[float]] = []
    for way in (ordered, ordered[::-1]):
        begun = len(hull)
        for point in way:
            while len(hull) - begun > 1 and _turns_right(hull[-2], hull[-1], point):
                hull.pop()
            hull.append(point)
        hull.pop()
    return hull


def _turns_right(a: list[float], b: list[float], c: list[float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0


def _dots(meetings: Meetings, at: Points) -> list[Part]:
    """One a person, larger who meets more."""
    met = np.bincount(meetings.links.ravel(), minlength=meetings.people)
    size = DOT * np.sqrt(0.7 + 0.15 * np.minimum(met, 6))
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size[i]:.1f}" fill="{colour_of(meetings, i)}"/>'
        for i, (x, y) in enumerate(at)
    ]


def _names(labels: Sequence[Label]) -> list[Part]:
    said = [_name(label) for label in labels]
    return [f'<g font-size="{TYPE:.0f}" fill="currentColor">{"".join(said)}</g>'] if said else []


def _name(label: Label) -> Part:
    where = f'x="{label.x:.1f}" y="{label.y:.1f}" text-anchor="{label.anchor}"'
    return f'<text {where} dy="0.35em">{text_of(label.name)}</text>'
