"""An address of the plainest form is read by a shorter way, to the same end."""

import random

import pytest

from services.rsvp.domain import addresses
from services.rsvp.domain.addresses import NotAnAddress, read_address

LOCAL_PARTS = (
    "a", "dana", "dana.reyes", "DANA", "a.b.c", "a..b", ".a", "a.", "-a", "_", "a+b", "x" * 32, "x" * 33, "x" * 65,
    "x" * 31 + "." + "y" * 32, "x" * 32 + "." + "y" * 32, "é", "a b", '"a"', "", "a@b", "1", "xn--a",
)  # fmt: skip
DOMAINS = (
    "example.org", "Example.ORG", "münchen.de", "xn--mnchen-3ya.de", "localhost", "foo.test", "example", "[1.2.3.4]",
    "1.2.3.4", "a..b", "-a.com", "a" * 63 + ".com", "a" * 64 + ".com", ("a" * 60 + ".") * 4 + "com", "", "ex ample.com",
    "example.org.", "example.org ", "☃.com", "x.local", "straße.de", "ｅxample.com",
)  # fmt: skip


def verdict(text: str, *, plainly: bool) -> object:
    try:
        if plainly:
            return read_address(text)
        return addresses._address(addresses._validated(text, allow_display_name=False))
    except NotAnAddress as error:
        return error.sentence


@pytest.mark.parametrize("domain", DOMAINS)
def test_both_ways_read_the_same_or_refuse_in_the_same_words(domain: str) -> None:
    for local_part in LOCAL_PARTS:
        text = f"{local_part}@{domain}"
        assert verdict(text, plainly=True) == verdict(text, plainly=False), text


def test_both_ways_agree_on_any_letters() -> None:
    chance = random.Random(5)
    for _ in range(2_000):
        letters = "".join(chance.choice('abAB01._+-@ é"\\') for _ in range(chance.randint(1, 14)))
        text = letters + chance.choice(["@example.org", "@Foo.de", "@x", ""])
        assert verdict(text, plainly=True) == verdict(text, plainly=False), text
