"""The drawing of who meets whom: well-formed, bounded, the same every time, and silent about names."""

from itertools import combinations
from random import Random
from xml.etree import ElementTree as ET

import pytest

from services.intro.domain.drawing import MAPPED_UP_TO, Meetings, drawing, summary
from services.intro.domain.drawing.circle import MOST_DOTS, condensed
from services.intro.domain.drawing.map import DOT

SVG = "{http://www.w3.org/2000/svg}"


def a_crowd(people: int, each: int = 3, **more: object) -> Meetings:
    chance = Random(people)
    pairs = {tuple(sorted(chance.sample(range(people), 2))) for _ in range(people * each // 2)}
    return Meetings(people, sorted(pairs), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "people", [0, 1, 2, 30, MAPPED_UP_TO, MAPPED_UP_TO + 1, 3000, pytest.param(20_000, marks=pytest.mark.slow)]
)
def test_any_crowd_is_drawn_in_a_page_sized_file(people: int) -> None:
    met = a_crowd(people) if people > 1 else Meetings(people, [])
    drawn = drawing(met)
    assert ET.fromstring(drawn).tag == f"{SVG}svg"
    assert "nan" not in drawn
    assert len(drawn) < 1_500_000
    if people <= 3000:
        assert len(drawn) < 600_000


@pytest.mark.parametrize("people", [3, 30, 400])
def test_nobody_with_anybody_is_drawn_too(people: int) -> None:
    drawn = drawing(Meetings(people, [], left_out=frozenset(range(people))))
    assert "nan" not in drawn
    assert drawn.count('fill="#c2555a"') >= 1


def test_dots_do_not_cover_each_other() -> None:
    root = ET.fromstring(drawing(a_crowd(60, left_out=frozenset({3, 4}))))
    dots = [(float(dot.attrib["cx"]), float(dot.attrib["cy"])) for dot in root.findall(f"{SVG}circle")]
    assert min(abs(complex(*one) - complex(*other)) for one, other in combinations(dots, 2)) > 2 * DOT


def test_names_stand_within_the_drawing() -> None:
    root = ET.fromstring(drawing(a_crowd(40, names=dict.fromkeys(range(40), "Wilhelmina Featherstonehaugh"))))
    left, top, wide, high = map(float, root.attrib["viewBox"].split())
    for text in root.iter(f"{SVG}text"):
        assert left < float(text.attrib["x"]) < left + wide
        assert top < float(text.attrib["y"]) < top + high


def test_a_vast_crowd_is_drawn_by_circles_of_people() -> None:
    whole = a_crowd(20_000)
    few = condensed(whole)
    assert few.people <= MOST_DOTS
    assert few.each == round(20_000 / few.people)
    assert condensed(a_crowd(100)).each == 1


def test_everybody_has_a_dot_and_every_pair_of_a_small_gathering_its_own_arc() -> None:
    met = a_crowd(30, left_out=frozenset({29}))
    root = ET.fromstring(drawing(met))
    assert len(root.findall(f"{SVG}circle")) == 30
    assert len(list(root.iter(f"{SVG}path"))) == len(met.pairs)


def test_the_same_meetings_give_the_same_bytes() -> None:
    assert drawing(a_crowd(200)) == drawing(a_crowd(200))


def test_nobody_is_named_unless_the_name_is_handed_in() -> None:
    named = drawing(a_crowd(10, names={3: "Ruth <script>\x00\ufffe"}))
    assert "Ruth &lt;script&gt;" in named
    ET.fromstring(named)
    assert "<script" not in named


def test_in_a_crowd_no_names_are_written() -> None:
    assert "Ruth" not in drawing(a_crowd(3000, names={3: "Ruth"}))


def test_tables_are_shapes() -> None:
    root = ET.fromstring(drawing(Meetings(7, [], tables=[(0, 1, 2, 3), (4, 5, 6)])))
    assert len(list(root.iter(f"{SVG}path"))) == 2


def test_those_who_do_not_see_it_are_told_in_a_sentence() -> None:
    assert summary(Meetings(3, [(0, 1)], left_out=frozenset({2}))) == (
        "3 people, 1 introduction; 1 without an introduction."
    )
