"""Which words mean the same."""

import pytest

from services.intro.domain.people import Rules
from services.intro.domain.scoring.spelling import corrections
from services.intro.domain.scoring.terms import learn_terms, rarity
from services.intro.domain.vocabulary import vocabulary
from services.intro.domain.words import plain, said
from tests.intro.matching.somebody import crowd, somebody


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zines!", "zine"),
        ("E-Books", "ebook"),
        ("the libraries", "Library"),
        ("Sci-Fi", "science fiction"),
        ("ILL", "interlibrary loans"),
        ("cataloguing", "Cataloging"),
        ("YA", "young adult literature"),
        ("U.X.", "user experience"),
        ("café culture", "Cafe Culture"),
        ("D&D", "board games"),
    ],
)
def test_the_same_thing_said_differently_is_one_interest(one: str, other: str) -> None:
    terms = learn_terms([somebody(1, interests=(one,)), somebody(2, interests=(other,))], Rules())
    assert terms.interest(one) == terms.interest(other)


@pytest.mark.parametrize(("one", "other"), [("HTML4", "HTML5"), ("Java", "JavaScript"), ("maps", "apps")])
def test_different_things_stay_different(one: str, other: str) -> None:
    terms = learn_terms([somebody(1, interests=(one,)), somebody(2, interests=(other,))], Rules())
    assert terms.interest(one) != terms.interest(other)


def test_a_slip_of_the_pen_means_what_others_wrote() -> None:
    assert corrections({"bookbindng tools": 1, "bookbinding tools": 4}, ()) == {"bookbindng tools": "bookbinding tools"}
    assert corrections({"metadta": 1}, ("metadata",)) == {"metadta": "metadata"}


def test_an_organisers_words_are_added() -> None:
    own = vocabulary({"Ridge Reads": ("RR", "one book one county")})
    assert own.concept(plain("rr")) == own.concept(plain("One Book, One County")) == plain("Ridge Reads")
    assert vocabulary().concept("rr") is None


def test_other_scripts_keep_their_letters() -> None:
    assert plain("हिन्दी किताब") == "हिन्दी किताब"
    assert plain("がか") != plain("かか")


def test_an_interest_without_letters_is_none() -> None:
    terms = learn_terms([somebody(1, interests=("🎉", "  ", "—"))], Rules())
    assert terms.rarest(("🎉", "  ", "—")) == []


def test_rarity_falls_to_nothing_where_most_say_it() -> None:
    assert rarity(144, 166) == 0
    assert rarity(2, 166) > rarity(20, 166) > 0


def test_a_profile_is_cut_to_its_rarest_interests() -> None:
    many = tuple(f"interest number {number}" for number in range(10_000))
    terms = learn_terms([somebody(1, interests=many), *crowd(3, interests=("maps", many[7]))], Rules())
    kept = terms.rarest(many)
    assert len(kept) == 24
    assert terms.interest(many[7]) in kept


def test_what_people_said_is_shown_on_one_short_line() -> None:
    assert said("  zines\r\nBcc: x\x00 ") == "zines Bcc: x"
    assert len(said("word " * 100)) <= 61
