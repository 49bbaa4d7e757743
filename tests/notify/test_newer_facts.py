"""While two versions run side by side, the older one reads what the newer one wrote."""

from datetime import UTC, datetime

from services.notify.domain.facts import Gathering, Place

SOCIAL = Gathering(
    gathering_id="social",
    version=3,
    title="Zine Night",
    kind="happy_hour",
    format="in_person",
    starts_at=datetime(2026, 5, 1, 22, tzinfo=UTC),
    ends_at=datetime(2026, 5, 2, 1, tzinfo=UTC),
    timezone="America/New_York",
    place=Place(name="The Long Table", city="Asheville"),
)


def test_a_gathering_is_what_was_written() -> None:
    assert Gathering.from_context(SOCIAL.as_context()) == SOCIAL


def test_what_a_newer_version_adds_is_left_out() -> None:
    told = SOCIAL.as_context()
    newer = told | {"dress": "as you like", "place": told["place"] | {"floor": "2"}}
    assert Gathering.from_context(newer) == SOCIAL


def test_what_an_older_version_did_not_write_is_as_if_never_said() -> None:
    older = {name: value for name, value in SOCIAL.as_context().items() if name != "cancel_reason"}
    assert Gathering.from_context(older) == SOCIAL
