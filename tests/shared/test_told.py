"""A commit tells the relay what it said, which saves a look into the outbox, and only that."""

from collections.abc import Callable
from typing import Any

from shared.signals import LEFT_MOST, Signals
from tests.shared.ground import Ground, speak, speak_often
from tests.simulation.virtual_loop import virtual


async def a_ground_that_counts() -> tuple[Ground, list[str]]:
    """Its relay knows where the stream stands; what it asks of its outbox from now on is written down."""
    ground, asked = Ground(), []
    await ground.speaker(speak)
    await ground.relay.publish_everything()
    read = ground.speaker.read

    async def counting(view: Callable[..., Any], *args: Any) -> Any:
        asked.append(view.__name__)
        return await read(view, *args)

    ground.speaker.read = counting  # type: ignore[method-assign, assignment]
    return ground, asked


@virtual
async def test_what_goes_on_from_where_the_stream_stands_is_published_without_a_look() -> None:
    ground, asked = await a_ground_that_counts()
    for version in range(2, 5):
        await ground.speaker(speak_often, 3, start=version)
    await ground.relay.publish_everything()
    assert ground.sequences() == list(range(1, 11))
    assert [entry.after for entry in ground.on_stream()] == list(range(10))
    assert asked == []


@virtual
async def test_what_no_commit_told_is_found_by_a_look() -> None:
    ground, asked = await a_ground_that_counts()
    await ground.speaker(speak)
    ground.speaker_signals.collect("outbox")  # the answer to this commit was lost
    await ground.speaker(speak)
    await ground.relay.publish_everything()
    assert ground.sequences() == [1, 2, 3]
    assert asked


@virtual
async def test_a_stream_that_was_forgotten_meanwhile_is_published_from_its_beginning() -> None:
    ground, _ = await a_ground_that_counts()
    await ground.bus.forget("rsvp.events")
    await ground.speaker(speak)
    await ground.relay.publish_everything()
    assert ground.sequences() == [1, 2]


@virtual
async def test_what_is_much_is_read_from_the_outbox() -> None:
    ground, asked = await a_ground_that_counts()
    await ground.speaker(speak_often, 1_200)
    await ground.relay.publish_everything()
    assert len(ground.sequences()) == 1_201
    assert asked


def test_what_nobody_collects_does_not_pile_up() -> None:
    signals = Signals()
    for number in range(3 * LEFT_MOST):
        signals.leave("outbox", number)
    assert signals.collect("outbox") == list(range(2 * LEFT_MOST, 3 * LEFT_MOST))
    assert signals.collect("outbox") == []
