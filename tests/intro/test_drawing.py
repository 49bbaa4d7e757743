"""The drawing of who meets whom: well-formed, bounded, the same every time, and silent about names."""

from random import Random
from xml.etree import ElementTree as ET

import pytest

from services.intro.domain.drawing import Meetings, drawing, summary

SVG = "{http://www.w3.org/2000/svg}"


def a_crowd(people: int, each: int = 3, **more: object) -> Meetings:
    chance = Random(people)
    pairs = {tuple(sorted(chance.sample(range(people), 2))) for _ in range(people * each // 2)}
    return Meetings(people, sorted(pairs), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("people", [0, 1, 2, 30, 3000])
def test_any_crowd_is_drawn_in_a_page_sized_file(people: int) -> None:
    met = a_crowd(people) if people > 1 else Meetings(people, [])
    drawn = drawing(met)
    assert ET.fromstring(drawn).tag == f"{SVG}svg"
    assert len(drawn) < 600_000


def test_everybody_has_a_dot_and_every_pair_of_a_small_gathering_its_own_arc() -> None:
    met = a_crowd(30, left_out=frozenset({29}))
    root = ET.fromstring(drawing(met))
    dots = [circle for circle in root.iter(f"{SVG}circle") if float(circle.attrib["cy"]) < 1000]
    assert len(dots) == 30
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
