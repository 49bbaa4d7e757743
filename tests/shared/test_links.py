"""A personal link is for one purpose and one holder, until it expires, and nobody else can make one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.links import Link, LinkExpired, LinkInvalid, Links

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LINKS = Links(["the key of this spring, long enough"])
DANA = Link("my", "attendee-dana", "gathering-7", "", NOW + timedelta(days=30))


def test_a_link_says_what_was_signed() -> None:
    assert LINKS.read(LINKS.sign(DANA), "my", now=NOW) == DANA


def test_the_same_link_has_the_same_token_so_that_a_mail_sent_again_has_the_same_bytes() -> None:
    assert LINKS.sign(DANA) == Links(["the key of this spring, long enough"]).sign(DANA)


def test_a_link_for_one_purpose_is_none_for_another() -> None:
    token = LINKS.sign(Link("unsubscribe", "attendee-dana"))
    with pytest.raises(LinkInvalid, match="something else"):
        LINKS.read(token, "my", "confirm", now=NOW)
    assert LINKS.read(token, "my", "unsubscribe", now=NOW).purpose == "unsubscribe"


def test_a_link_holds_to_its_last_second_and_no_longer() -> None:
    token = LINKS.sign(DANA)
    assert LINKS.read(token, "my", now=NOW + timedelta(days=30)) == DANA
    with pytest.raises(LinkExpired):
        LINKS.read(token, "my", now=NOW + timedelta(days=30, seconds=1))


def test_a_link_without_an_end_never_ends() -> None:
    token = LINKS.sign(Link("unsubscribe", "attendee-dana"))
    assert LINKS.read(token, "unsubscribe", now=NOW + timedelta(days=3650)).expires_at is None


def test_keys_are_rotated_without_breaking_the_links_in_old_mails() -> None:
    token = LINKS.sign(DANA)
    rotated = Links(["the key of this autumn, long enough", "the key of this spring, long enough"])
    assert rotated.read(token, "my", now=NOW) == DANA
    assert rotated.sign(DANA) != token, "the first key signs"
    with pytest.raises(LinkInvalid):
        LINKS.read(rotated.sign(DANA), "my", now=NOW)


def test_a_link_of_another_installation_is_not_ours() -> None:
    with pytest.raises(LinkInvalid):
        LINKS.read(Links(["somebody else's secret key"]).sign(DANA), "my", now=NOW)


def test_a_link_that_was_changed_anywhere_is_not_ours() -> None:
    token = LINKS.sign(DANA)
    for place in range(0, len(token), 3):
        other = "A" if token[place] != "A" else "B"
        changed = token[:place] + other + token[place + 1 :]
        try:
            found = LINKS.read(changed, "my", now=NOW)
        except LinkInvalid:
            continue
        assert found == DANA, "the last character of base64 carries spare bits"


@given(st.text(max_size=300))
def test_any_text_at_all_is_a_sentence_and_no_traceback(token: str) -> None:
    with pytest.raises(LinkInvalid):
        LINKS.read(token, "my", now=NOW)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_in_a_link_comes_back(attendee: str, gathering: str, reference: str) -> None:
    link = Link("answer", attendee, gathering, reference)
    assert LINKS.read(LINKS.sign(link), "answer", now=NOW) == link
