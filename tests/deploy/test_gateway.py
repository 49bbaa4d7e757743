"""The gateway sends each path to the service that owns it, as deploy/paths.py says."""

import re
from pathlib import Path

import pytest

from deploy.paths import OPERATORS, OWNERS, owner_of

CADDYFILE = (Path(__file__).parents[2] / "deploy" / "gateway" / "Caddyfile").read_text()
MATCHERS = dict(re.findall(r"^\t@(intro|notify) path_regexp (\S+)$", CADDYFILE, re.MULTILINE))


def gateway_owner_of(path: str) -> str:
    """Who answers a path, as the Caddyfile has it: the matchers in their order, and rsvp for the rest."""
    return next((owner for owner, pattern in MATCHERS.items() if re.search(pattern, path)), "rsvp")


def test_the_gateway_has_the_patterns_of_the_embedded_address() -> None:
    for owner, pattern in MATCHERS.items():
        assert pattern == f"^({'|'.join(pattern for pattern, whose in OWNERS if whose == owner)})$"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/g/happy-hour",
        "/g/happy-hour.ics",
        "/my/TOKEN",
        "/my/TOKEN/confirm",
        "/i/TOKEN",
        "/i/TOKEN/accept",
        "/u/TOKEN",
        "/organise",
        "/organise/rounds/7",
        "/api/v1/gatherings",
        "/api/v1/gatherings/7",
        "/api/v1/gatherings/7/rsvps",
        "/api/v1/gatherings/7/import",
        "/api/v1/gatherings/7/rounds",
        "/api/v1/gatherings/7/introductions",
        "/api/v1/gatherings/7/messages",
        "/api/v1/my/rsvp",
        "/api/v1/my/data",
        "/api/v1/my/introductions",
        "/api/v1/my/introductions/7/answer",
        "/api/v1/bounces",
        "/api/v1/gatherings/rounds",
        "/x/i/TOKEN",
    ],
)
def test_a_path_has_one_owner_wherever_it_is_asked_for(path: str) -> None:
    assert gateway_owner_of(path) == owner_of(path)


def test_what_operators_ask_is_not_answered_in_public() -> None:
    (refused,) = re.findall(r"@operators path (.+)", CADDYFILE)
    assert [path.removesuffix("*") for path in refused.split()] == list(OPERATORS)
