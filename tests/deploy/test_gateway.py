"""The gateway sends each path to the service that owns it, as deploy/paths.py says."""

import re
from pathlib import Path

import pytest

from deploy.paths import LOCAL_NAMES, OPERATORS, OWNERS, owner_of

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


def test_the_gateway_writes_down_no_address_since_a_personal_link_is_one() -> None:
    assert re.search(r"log \{\s+format filter \{\s+wrap json\s+fields \{\s+request>uri delete", CADDYFILE)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8001", "127.0.0.1:8001", "[::1]:8001", "gateway:8001"])
def test_operators_ask_by_a_name_that_no_website_can_have(host: str) -> None:
    assert re.search(LOCAL_NAMES, host)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8001", "127.0.0.1.evil.example", "a.localhost", ""])
def test_a_websites_own_name_does_not_lead_to_the_operators_port(host: str) -> None:
    assert not re.search(LOCAL_NAMES, host)


def test_the_gateway_and_the_embedded_port_know_the_same_names() -> None:
    assert f"header_regexp Host {LOCAL_NAMES}\n" in CADDYFILE
